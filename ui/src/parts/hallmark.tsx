/*
 * The hallmark: four punches side by side: office, verdict, format, date. Once a page, never in a list.
 */
import { day } from "../lib/format";

export type Punch = "clean" | "suspicious" | "unsafe" | "unparseable" | "waiting";

const office = (
  <svg viewBox="0 0 44 44">
    <path class="hm-edge" d="M13 2h18l11 11v18L31 42H13L2 31V13z" />
    <path class="hm-line" d="M13.5 33 22 11l8.5 22" />
    <path class="hm-streak" d="M11.5 28.5c6-.7 13.5-3.5 21.5-9" />
  </svg>
);

const punches: Record<Punch, preact.JSX.Element> = {
  clean: (
    <svg viewBox="0 0 48 44" class="c-clean">
      <path class="hm-edge b" d="M24 2.5c5 2.4 9.5 3.3 14 3.3v16.7c0 9.500-5.500 14.900-14 19-8.500-4.100-14-9.500-14-19V5.800c4.500 0 9-.9 14-3.300z" />
      <path class="hm-in" d="M24 6c4.2 1.8 8 2.600 11.500 2.700v13.600c0 8-4.500 12.500-11.500 16.100-7-3.600-11.500-8.100-11.500-16.100V8.700C16 8.600 19.800 7.800 24 6z" />
      <path class="hm-line" d="m17.5 22 4.6 4.9L31 17" />
    </svg>
  ),
  suspicious: (
    <svg viewBox="0 0 48 44" class="c-medium">
      <path class="hm-edge b" d="M24 1.500 44.500 22 24 42.500 3.500 22z" />
      <path class="hm-in" d="M24 5.500 40.500 22 24 38.500 7.500 22z" />
      <path class="hm-line" d="M24 13v12M24 30.500v.1" />
    </svg>
  ),
  unsafe: (
    <svg viewBox="0 0 48 44" class="c-critical">
      <path class="hm-edge b" d="M15.5 2h17L44 13.5v17L32.5 42h-17L4 30.5v-17z" />
      <path class="hm-in" d="M16.7 4.9h14.6l9.8 9.8v14.6l-9.8 9.8H16.700l-9.800-9.800V14.700z" />
      <path class="hm-line" d="m17 15 14 14M31 15 17 29" />
    </svg>
  ),
  unparseable: (
    <svg viewBox="0 0 48 44" class="c-high">
      <path class="hm-edge b" d="M6 4h36v13l-5 5 5 5v13H6V27l5-5-5-5z" />
      <path class="hm-line" d="M18 13.500h12M18 30.500h12" />
    </svg>
  ),
  waiting: (
    <svg viewBox="0 0 48 44" class="c-info">
      <circle class="hm-edge b dashed" cx="24" cy="22" r="19" />
      <path class="hm-line" d="M24 12v10l7 4.500" />
    </svg>
  ),
};

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
      {punches[verdict]}
      <svg viewBox="0 0 70 44">
        <ellipse class="hm-edge" cx="35" cy="22" rx="33.5" ry="19" />
        <text x="35" y="27" font-size={format.length > 5 ? "11" : "13.5"} letter-spacing=".3">
          {format}
        </text>
      </svg>
      {date && (
        <svg viewBox="0 0 50 44">
          <path class="hm-edge" d="M3 4h44v20c0 8-9 14-22 17.5C12 38 3 32 3 24z" />
          <text x="25" y="19" font-size="11">
            {date.getDate()}
          </text>
          <text x="25" y="31" font-size="10">
            {date.toLocaleString("en-GB", { month: "short" }).slice(0, 3).toUpperCase()}
          </text>
        </svg>
      )}
    </div>
  );
}
