/*
 * The hallmark: four punches side by side: office, verdict, format, date. Once a page, never in a list.
 */
import { day } from "../lib/format";

export type Punch = "clean" | "suspicious" | "unsafe" | "unparseable" | "waiting";

const office = (
  <svg viewBox="0 0 44 44">
    <path d="M12 2h20l10 10v20L32 42H12L2 32V12z" />
    <path class="sign" d="m14 33 8-21.5L30 33" />
    <path class="streak" d="m10.5 28.5 23-7.5" />
  </svg>
);

/* The outline, a finer one in it where there is room, and the sign. */
const punches: Record<Punch, { edge: string; inner?: string; sign: string }> = {
  clean: {
    edge: "m24 2 17 5v14.5C41 31 34.5 37.5 24 42 13.5 37.5 7 31 7 21.5V7z",
    inner: "m24 5.75 13.5 4v11.75c0 7.5-5 12.75-13.5 16.75-8.5-4-13.5-9.25-13.5-16.75V9.75z",
    sign: "m16.5 22.5 5.5 5.5 10-12",
  },
  suspicious: { edge: "m24 2 21 20-21 20L3 22z", inner: "M24 6.5 40.25 22 24 37.5 7.75 22z", sign: "M24 14v10M24 30v.01" },
  unsafe: {
    edge: "M16 2.5h16l12 12v15l-12 12H16l-12-12v-15z",
    inner: "M17.25 5.5h13.5L41 15.75v12.5L30.75 38.5h-13.5L7 28.25v-12.5z",
    sign: "m17.5 15.5 13 13M30.5 15.5l-13 13",
  },
  unparseable: { edge: "M8 3h32v33l-5.3 5-5.4-5-5.3 5-5.3-5-5.4 5L8 36z", sign: "M17 13.5h14M17 23h8" },
  waiting: { edge: "M43 22a19 19 0 1 1-38 0 19 19 0 0 1 38 0z", sign: "M24 12.5V22l6.5 4" },
};

function VerdictPunch({ verdict }: { verdict: Punch }) {
  const { edge, inner, sign } = punches[verdict];
  return (
    <svg viewBox="0 0 48 44" class={`punch ${verdict}`}>
      <path class={verdict === "waiting" ? "bold-edge broken" : "bold-edge"} d={edge} />
      {inner && <path class="inner" d={inner} />}
      <path class="sign" d={sign} />
    </svg>
  );
}

const words: Record<Punch, string> = { clean: "clean", suspicious: "suspicious", unsafe: "unsafe", unparseable: "unparseable", waiting: "not judged yet" };

/* "pickle" of protocol 4 becomes "PKL 4": what fits on a punch. */
export function punchFormat(format: string | null, protocol = ""): string {
  if (!format) return "FILE";
  if (/pickle/i.test(format) && /^\d$/.test(protocol)) return `PKL ${protocol}`;
  const known: [RegExp, string][] = [[/pickle/i, "PKL"], [/joblib/i, "JOBLIB"], [/safetensors/i, "SAFE"], [/image|manifest|oci|docker/i, "IMAGE"], [/requirements/i, "REQS"], [/wheel/i, "WHEEL"]];
  return known.find(([pattern]) => pattern.test(format))?.[1] ?? format.replace(/[^A-Za-z0-9]/g, "").slice(0, 6).toUpperCase();
}

export function Hallmark({ verdict, format, judgedMs }: { verdict: Punch; format: string; judgedMs: number | null }) {
  const date = judgedMs ? new Date(judgedMs) : null;
  const name = `Hallmark: assayed by Assay, ${words[verdict]}, format ${format}${judgedMs ? `, ${day(judgedMs)}` : ""}`;
  return (
    <div class="hallmark" role="img" aria-label={name}>
      {office}
      <VerdictPunch verdict={verdict} />
      <svg viewBox="0 0 70 44">
        <path d="M12 4h46l10 18-10 18H12L2 22z" />
        <text x="35" y="26.5" font-size={format.length > 5 ? "11" : "13"}>
          {format}
        </text>
      </svg>
      {date && (
        <svg viewBox="0 0 50 44">
          <path d="M4 42V18C4 8.5 13 2.5 25 2.5S46 8.5 46 18v24z" />
          <text x="25" y="22.5" font-size="12">
            {date.getDate()}
          </text>
          <text x="25" y="35.5" font-size="10.5">
            {date.toLocaleString("en-GB", { month: "short" }).slice(0, 3).toUpperCase()}
          </text>
        </svg>
      )}
    </div>
  );
}
