/* A verdict: outline, sign and word. What was not judged never looks like what was judged clean. */
import type { Scan, Verdict } from "../api/types";

type Shown = "clean" | "suspicious" | "unsafe" | "unparseable" | "waiting";

/* Each is an outline and a sign in it; the sign of what is unsafe is cut out of a filled outline. */
const shapes: Record<Shown, [outline: string, sign: string]> = {
  clean: ["M8 1.5l5.5 1.75v4.5c0 3.25-2 5.25-5.5 6.75-3.5-1.5-5.5-3.5-5.5-6.75v-4.5z", "m5.25 8.25 2 2 3.5-4.25"],
  suspicious: ["m8 1.5 6 6.5-6 6.5L2 8z", "M8 5.25v3.25M8 10.75v.01"],
  unsafe: ["M5.25 1.75h5.5l3.5 3.5v5.5l-3.5 3.5h-5.5l-3.5-3.5v-5.5z", "m5.75 5.75 4.5 4.5M10.25 5.75l-4.5 4.5"],
  unparseable: ["M3 1.75h10v11l-1.65 1.5-1.7-1.5L8 14.25l-1.65-1.5-1.7 1.5L3 12.75z", "M6 5.25h4M6 8.25h2"],
  waiting: ["M14.25 8a6.25 6.25 0 1 1-12.5 0 6.25 6.25 0 0 1 12.5 0z", "M8 5v3.25l2.25 1"],
};
const outlines: Partial<Record<Shown, string>> = { unsafe: "solid", waiting: "broken" };

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
  const [outline, sign] = shapes[shape];
  return (
    <span class={`mark ${shape}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path class={outlines[shape]} d={outline} />
        <path class={shape === "unsafe" ? "cut" : undefined} d={sign} />
      </svg>
      {quiet ? <span class="unseen">{word}</span> : word}
    </span>
  );
}

export function VerdictOf({ verdict }: { verdict: Verdict }) {
  const shown = verdictShape(verdict);
  return shown ? <VerdictMark {...shown} /> : <span class="soft">Not a model</span>;
}

export function ScanMark({ scan, quiet = false }: { scan: Scan | null | undefined; quiet?: boolean }) {
  const shown = shownVerdict(scan);
  return shown ? <VerdictMark {...shown} quiet={quiet} /> : null;
}
