/** Parts of a report as the page shows them: tables, facts, lists and paragraphs. */
import type { Cell, PlainBlock, Text } from "../../document/document.ts";
import { Scroll } from "./common.tsx";

export function Blocks({ blocks }: { readonly blocks: readonly PlainBlock[] }) {
  return (
    <>
      {blocks.map((block, i) => (
        <OneBlock key={String(i)} block={block} />
      ))}
    </>
  );
}

function OneBlock({ block }: { readonly block: PlainBlock }) {
  if (block.block === "paragraph")
    return (
      <p>
        <Said text={block.text} />
      </p>
    );
  if (block.block === "list")
    return (
      <ul>
        {block.items.map((item, i) => (
          <li key={String(i)}>
            <Said text={item} />
          </li>
        ))}
      </ul>
    );
  if (block.block === "facts")
    return (
      <dl class="facts">
        {block.items.map(([term, said, beneath]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>
              <Said text={said} />
              {beneath && <small>{beneath}</small>}
            </dd>
          </div>
        ))}
      </dl>
    );
  const { caption = "", columns, groups } = block;
  return (
    <Scroll name={plain(caption) || "Table"}>
      <table>
        {caption !== "" && (
          <caption>
            <Said text={caption} />
          </caption>
        )}
        <thead>
          <tr>
            {columns.map(({ title, figures }, i) => (
              <th scope="col" key={String(i)} class={figures ? "figures" : undefined}>
                <Said text={title} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups
            .flatMap(({ rows }) => rows)
            .map((row, i) => (
              <tr key={String(i)}>
                {row.map((given, k) => (
                  <OneCell
                    key={String(k)}
                    cell={cellOf(given)}
                    isFigure={columns[k]?.figures === true}
                    isHead={k === 0}
                  />
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const cellOf = (given: Cell | Text): Cell => (typeof given === "object" && "text" in given ? given : { text: given });

function OneCell({
  cell,
  isFigure,
  isHead,
}: {
  readonly cell: Cell;
  readonly isFigure: boolean;
  readonly isHead: boolean;
}) {
  const { text, below, bar } = cell;
  const content = (
    <>
      {bar !== undefined && <span class="bar" style={{ width: `${bar * 7}rem`, marginRight: "0.5rem" }} />}
      <Said text={text} />
      {below && <small>{below}</small>}
    </>
  );
  const kind = isFigure ? "figures" : undefined;
  return isHead ? (
    <th scope="row" class={kind}>
      {content}
    </th>
  ) : (
    <td class={kind}>{content}</td>
  );
}

/** Text of the data may run in any direction. */
function Said({ text }: { readonly text: Text }) {
  const pieces = typeof text === "string" ? [text] : text;
  return (
    <>
      {pieces.map((piece, i) => {
        if (typeof piece === "string") return piece;
        if (piece.mark === "quoted") return <bdi key={String(i)}>{piece.text}</bdi>;
        if (piece.mark === "strong") return <strong key={String(i)}>{piece.text}</strong>;
        return <code key={String(i)}>{piece.text}</code>;
      })}
    </>
  );
}

const plain = (text: Text): string =>
  (typeof text === "string" ? [text] : text).map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");
