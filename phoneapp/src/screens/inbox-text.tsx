import type { JSX } from "preact";
import type { Block, MessageEntry, Place, Run } from "../core/contract";
import { useApp } from "../ui/app-context";

/** The text of an entry: what people wrote as it is, what the desk wrote as elements. Nothing in it becomes markup. */
export function EntryText({ entry }: { entry: MessageEntry }): JSX.Element | null {
  const { texts } = useApp();
  const { text, blocks, damaged, language } = entry;
  if (damaged) return <p class="second">{texts.t("box.damaged")}</p>;
  if (text !== undefined) return <p class="entry-plain" lang={language} dir="auto">{text}</p>;
  return blocks === undefined ? null : <div class="entry-text" lang={language} dir="auto"><Blocks blocks={blocks} /></div>;
}

function Blocks({ blocks }: { blocks: readonly Block[] }): JSX.Element {
  return <>{blocks.map((block, i) => <BlockOf key={i} block={block} />)}</>;
}

function BlockOf({ block }: { block: Block }): JSX.Element {
  switch (block.kind) {
    case "p":
      return <p><Runs runs={block.runs} /></p>;
    case "h":
      return <h3><Runs runs={block.runs} /></h3>;
    case "code":
      return <pre><code>{block.runs.map(({ text }) => text).join("")}</code></pre>;
    case "ul":
      return <ul>{block.items.map((item, i) => <li key={i}><Blocks blocks={item} /></li>)}</ul>;
    case "ol":
      return <ol>{block.items.map((item, i) => <li key={i}><Blocks blocks={item} /></li>)}</ol>;
    case "quote":
      return <blockquote><Blocks blocks={block.blocks} /></blockquote>;
    case "table":
      return (
        <div class="entry-table" tabIndex={0}>
          <table>
            <thead><tr>{block.head.map((runs, i) => <th key={i} scope="col" {...place(block.align[i])}><Runs runs={runs} /></th>)}</tr></thead>
            <tbody>{block.rows.map((row, j) => <tr key={j}>{row.map((runs, i) => <td key={i} {...place(block.align[i])}><Runs runs={runs} /></td>)}</tr>)}</tbody>
          </table>
        </div>
      );
    case "rule":
      return <hr />;
  }
}

function place(at: Place | undefined): { class?: string } {
  return at === undefined || at === "" ? {} : { class: at };
}

function Runs({ runs }: { runs: readonly Run[] }): JSX.Element {
  return <>{runs.map((run, i) => <RunOf key={i} run={run} />)}</>;
}

function RunOf({ run }: { run: Run }): JSX.Element {
  const { text, link } = run;
  let inner: JSX.Element | string = text;
  if (run.code) inner = <code>{inner}</code>;
  if (run.em) inner = <em>{inner}</em>;
  if (run.strong) inner = <strong>{inner}</strong>;
  if (link === undefined) return <>{inner}</>;
  // Words say what their writer wanted; where they lead stands beside them.
  return (
    <>
      <a href={link.href} target="_blank" rel="noopener noreferrer nofollow">{inner}</a>
      {text.trim() !== link.to && <span class="entry-host">{` (${link.to})`}</span>}
    </>
  );
}
