/** A field for something that is no text: what one types stays as it is typed, and what it means is passed on. */
import { useState } from "preact/hooks";

interface Props<T> {
  readonly value: T;
  readonly show: (value: T) => string;
  readonly read: (text: string) => T;
  readonly onChange: (value: T) => void;
  readonly label: string;
}

export function TypedInput<T>({ value, show, read, onChange, label }: Props<T>) {
  const [text, setText] = useState(() => show(value));
  // Something else than the typing may have changed it.
  const isTyped = JSON.stringify(read(text)) === JSON.stringify(value);
  return (
    <label class="above">
      {label}
      <input
        value={isTyped ? text : show(value)}
        spellcheck={false}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          onChange(read(currentTarget.value));
        }}
      />
    </label>
  );
}
