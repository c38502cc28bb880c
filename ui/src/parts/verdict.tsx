/* A verdict: outline, sign and word. What was not judged never looks like what was judged clean. */
import type { Scan, Verdict } from "../api/types";

type Shown = "clean" | "suspicious" | "unsafe" | "unparseable" | "waiting";

const shapes: Record<Shown, preact.JSX.Element> = {
  clean: (
    <>
      <path class="o" d="M8 1.6c2 1.2 3.9 1.6 5.6 1.6v4.3c0 3.4-2.2 5.6-5.6 7-3.4-1.4-5.6-3.6-5.6-7V3.2c1.7 0 3.6-.4 5.6-1.6z" />
      <path class="o w" d="m5.3 8 2 2.1 3.5-4" />
    </>
  ),
  suspicious: (
    <>
      <path class="o" d="M8 1.3 14.7 8 8 14.7 1.3 8z" />
      <path class="o w" d="M8 4.9v3.7M8 10.9v.01" />
    </>
  ),
  unsafe: (
    <>
      <path class="f" d="M5.1 1.5h5.8l3.6 3.6v5.8l-3.6 3.6H5.1l-3.6-3.6V5.1z" />
      <path class="n" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" />
    </>
  ),
  unparseable: (
    <>
      <path class="o" d="M2.2 2.2h11.6v4.2l-2 1.6 2 1.6v4.2H2.2V9.6l2-1.6-2-1.6z" />
      <path class="o" d="M6.5 5.5h3M6.5 10.5h3" />
    </>
  ),
  waiting: (
    <>
      <circle class="o d" cx="8" cy="8" r="6.2" />
      <path class="o" d="M8 5v3l2 1.3" />
    </>
  ),
};

export function shownVerdict(scan: Scan | null | undefined): { shape: Shown; word: string } | null {
  if (!scan || scan.state === "none") return { shape: "waiting", word: "Not scanned" };
  if (scan.state === "queued" || scan.state === "running") return { shape: "waiting", word: scan.state === "running" ? "Being scanned" : "Not scanned yet" };
  if (scan.state === "failed") return { shape: "unparseable", word: "Scan failed" };
  return verdictShape(scan.verdict);
}

function verdictShape(verdict: Verdict | null): { shape: Shown; word: string } | null {
  switch (verdict) {
    case "clean":
      return { shape: "clean", word: "Clean" };
    case "suspicious":
      return { shape: "suspicious", word: "Suspicious" };
    case "unsafe":
      return { shape: "unsafe", word: "Unsafe" };
    case "unparseable":
      return { shape: "unparseable", word: "Unparseable" };
    default:
      return null;
  }
}

export function VerdictMark({ shape, word, quiet = false }: { shape: Shown; word: string; quiet?: boolean }) {
  return (
    <span class={`ver ${shape}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {shapes[shape]}
      </svg>
      {quiet ? <span class="sr">{word}</span> : word}
    </span>
  );
}

export function VerdictOf({ verdict }: { verdict: Verdict }) {
  const shown = verdictShape(verdict);
  return shown ? <VerdictMark {...shown} /> : <span class="muted">Not a model</span>;
}

export function ScanMark({ scan, quiet = false }: { scan: Scan | null | undefined; quiet?: boolean }) {
  const shown = shownVerdict(scan);
  return shown ? <VerdictMark {...shown} quiet={quiet} /> : null;
}
