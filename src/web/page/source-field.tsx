/** A model or data: one of those that are known, or any other by its path or name. */
import { useId } from "preact/hooks";

interface Props {
  readonly label: string;
  readonly note: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly onChange: (value: string) => void;
}

export function SourceField({ label, note, value, choices, onChange }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        list={`${id}-choices`}
        value={value}
        spellcheck={false}
        autocomplete="off"
        aria-describedby={`${id}-note`}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <datalist id={`${id}-choices`}>
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
      <span id={`${id}-note`}>{note}</span>
    </div>
  );
}
