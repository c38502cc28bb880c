/* What loading the file would do, in order. Dangerous lines have wash, edge, mark and words. */
import { useState } from "preact/hooks";
import type { Finding } from "../../api/types";
import { plural, visible } from "../../lib/format";
import { Icon } from "../../parts/icon";
import { VerdictMark } from "../../parts/verdict";

interface Line {
  offset: string;
  source: string;
  finding: Finding | undefined;
}

/* "0x2d9a1  v = posix.system('id')" or the same without an offset. */
function parse(line: string, findings: readonly Finding[]): Line {
  const led = /^\s*(?:(0x[0-9a-f]+|\d+)[:\s]\s*)?(.*)$/is.exec(line);
  const source = led?.[2] ?? line;
  const finding = findings.find((one) => {
    const called = one.call?.replace(/\(.*$/s, "");
    return called ? source.includes(called) : false;
  });
  return { offset: led?.[1] ?? "", source, finding };
}

const ALLOWED_SHOWN = 6;

function Source({ text }: { text: string }) {
  return (
    <>
      {visible(text)
        .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
        .map((piece, at) => (at % 2 ? <span key={at} class="string">{piece}</span> : piece))}
    </>
  );
}

function CallLine({ line }: { line: Line }) {
  const bad = line.finding !== undefined;
  return (
    <li class={bad ? "call bad" : "call ok"}>
      <span class="offset">{line.offset || (line.finding?.where?.offset !== undefined ? `0x${line.finding.where.offset.toString(16)}` : "")}</span>
      <span class="sign">{bad ? <VerdictMark shape="unsafe" word="Dangerous" quiet /> : <Icon name="check" />}</span>
      <bdi class="source">
        <Source text={line.source} />
      </bdi>
      <span class="reason">{line.finding?.title ?? "allowed"}</span>
    </li>
  );
}

/* Allowed calls fold between dangerous ones: a forest makes thousands. */
function fold(lines: readonly Line[]): (Line | number)[] {
  const shown: (Line | number)[] = [];
  let run: Line[] = [];
  const flush = (): void => {
    if (run.length <= ALLOWED_SHOWN) shown.push(...run);
    else shown.push(...run.slice(0, 3), run.length - 4, run[run.length - 1]!);
    run = [];
  };
  for (const line of lines) {
    if (!line.finding) run.push(line);
    else {
      flush();
      shown.push(line);
    }
  }
  flush();
  return shown;
}

export function Calls({ lines, findings, clean, foot }: { lines: readonly string[]; findings: readonly Finding[]; clean: boolean; foot: string }) {
  const [all, setAll] = useState(false);
  const threats = findings.filter((one) => one.kind !== "vulnerability" && one.call);
  const parsed = lines.map((line) => parse(line, threats));
  const shown = all ? parsed : fold(parsed);
  if (lines.length === 0) return null;
  const folded = shown.some((one) => typeof one === "number");
  return (
    <section class="card">
      <header>
        <h2>What loading it would do, in order</h2>
        {(folded || all) && lines.length > ALLOWED_SHOWN && (
          <div class="switch to-end" role="group" aria-label="Calls shown">
            <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
              Folded
            </button>
            <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
              All {lines.length}
            </button>
          </div>
        )}
      </header>
      <ol class="calls" aria-label="Calls, in order">
        {shown.map((one, at) =>
          typeof one === "number" ? (
            <li key={at} class="call skipped">
              <span class="offset" />
              <span class="sign" />
              <span class="source">
                … {plural(one, "more call")}
                {clean && ", all on the allow-list"}
              </span>
            </li>
          ) : (
            <CallLine key={at} line={one} />
          ),
        )}
      </ol>
      <div class="tally">{foot}</div>
    </section>
  );
}
