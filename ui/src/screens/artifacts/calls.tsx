/* What loading the file would do, in order. Dangerous lines have wash, edge, mark and words. */
import { useState } from "preact/hooks";
import type { Finding } from "../../api/types";
import { capital, plural, visible } from "../../lib/format";
import { Icon } from "../../parts/icon";
import { VerdictMark } from "../../parts/verdict";

interface Line {
  member: string;
  offset: string;
  source: string;
  isCall: boolean;
  finding: Finding | undefined;
}

const ALLOWED_SHOWN = 6;

/* "archive/data.pkl:0x2d  posix.system('id')"; results of older scanners have no place in front. */
function parse(line: string): Line {
  const led = /^(?:(.*?):)?(0x[0-9a-f]+)\s+(.*)$/is.exec(line);
  return { member: led?.[1] ?? "", offset: led?.[2] ?? "", source: led?.[3] ?? line, isCall: true, finding: undefined };
}

const offsetOf = (finding: Finding): string => (finding.where?.offset === undefined ? "" : `0x${finding.where.offset.toString(16)}`);
const isAt = (line: Line, finding: Finding): boolean =>
  line.offset ? line.offset === offsetOf(finding) && line.member === (finding.where?.member ?? "") : finding.call !== undefined && line.source.includes(finding.call.replace(/\(.*$/s, ""));

/* Each finding is marked where it stands. What is no call (an import, a planted state, a template) has a line of its own. */
function linesOf(calls: readonly string[], threats: readonly Finding[]): Line[] {
  const lines = calls.map(parse);
  const others: Line[] = [];
  for (const finding of threats) {
    const here = lines.filter((line) => isAt(line, finding));
    for (const line of here) line.finding ??= finding;
    if (here.length === 0) others.push({ member: finding.where?.member ?? "", offset: offsetOf(finding), source: finding.call ?? finding.title, isCall: finding.call !== undefined, finding });
  }
  return [...lines, ...others];
}

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
  const { finding } = line;
  return (
    <li class={finding ? "call bad" : "call ok"}>
      <span class="offset">{line.offset}</span>
      <span class="sign">{finding ? <VerdictMark shape="unsafe" word="Dangerous" quiet /> : <Icon name="check" />}</span>
      <bdi class="source">{line.isCall ? <Source text={line.source} /> : visible(capital(line.source))}</bdi>
      <span class="reason">{!finding ? "allowed" : line.isCall ? `${finding.code}: ${visible(finding.title)}` : finding.code}</span>
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
  const threats = findings.filter((one) => one.kind === "model_threat" && (one.severity === "critical" || one.severity === "high" || one.severity === "medium") && (one.call !== undefined || one.where?.offset !== undefined));
  const parsed = linesOf(lines, threats);
  const shown = all ? parsed : fold(parsed);
  if (parsed.length === 0) return null;
  const folded = shown.some((one) => typeof one === "number");
  let member = "";
  return (
    <section class="card" aria-label="Calls">
      <header>
        <h2>What loading it would do, in order</h2>
        {(folded || all) && parsed.length > ALLOWED_SHOWN && (
          <div class="switch to-end" role="group" aria-label="Calls shown">
            <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
              Folded
            </button>
            <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
              All {parsed.length}
            </button>
          </div>
        )}
      </header>
      <ol class="calls" aria-label="Calls, in order">
        {shown.map((one, at) => {
          if (typeof one === "number")
            return (
              <li key={at} class="call skipped">
                <span class="offset" />
                <span class="sign" />
                <span class="source">
                  … {plural(one, "more call")}
                  {clean && ", all on the allow-list"}
                </span>
              </li>
            );
          const isNew = one.member !== member;
          member = one.member;
          return (
            <>
              {isNew && (
                <li key={`in-${at}`} class="member">
                  in <bdi class="breaks">{visible(one.member) || "the file itself"}</bdi>
                </li>
              )}
              <CallLine key={at} line={one} />
            </>
          );
        })}
      </ol>
      <div class="tally">{foot} Offsets are those of the opcodes.</div>
    </section>
  );
}
