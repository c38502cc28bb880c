/*
 * The verdict first, then its basis, then the next step. Never a false all-clear: what was not judged says so.
 */
import type { ComponentChildren } from "preact";
import type { Finding, Item, Status } from "../../api/types";
import { count, plural, SEVERITIES, sentence } from "../../lib/format";
import { href } from "../../lib/router";
import { Hallmark, type Punch, punchFormat } from "../../parts/hallmark";
import { Icon } from "../../parts/icon";
import { Name } from "../../parts/text";

interface Judgement {
  punch: Punch;
  title: string;
  basis: ComponentChildren;
  tone: "" | "bad" | "warn";
}

export const threatsOf = (item: Item): Finding[] => item.findings.filter((one) => one.kind !== "vulnerability" && one.kind !== "license").sort(bySeverity);
export const vulnerabilitiesOf = (item: Item): Finding[] => item.findings.filter((one) => one.kind === "vulnerability").sort(bySeverity);
export const bySeverity = (a: Finding, b: Finding): number => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (b.cvss ?? 0) - (a.cvss ?? 0);

function waiting(item: Item): Judgement {
  const place = item.scan?.place ? `Number ${item.scan.place} in the queue. ` : "";
  if (!item.scan || item.scan.state === "none") return { punch: "waiting", title: "Not scanned", basis: "No scan was asked for, so nothing can be said about it.", tone: "" };
  return {
    punch: "waiting",
    title: item.scan.state === "running" ? "Being scanned" : "Not scanned yet",
    basis: (
      <>
        {place}Where a gate is on, only <bdi>{item.created_by}</bdi>, who uploaded it, can download it until the verdict is there.
      </>
    ),
    tone: "",
  };
}

/* The call that matters, and the sentence about it. */
function threat(item: Item): Judgement {
  const worst = threatsOf(item)[0];
  const more = threatsOf(item).length - 1;
  const unsafe = item.scan?.verdict === "unsafe";
  return {
    punch: unsafe ? "unsafe" : "suspicious",
    title: worst ? sentence(worst.title).replace(/\.$/, "") : unsafe ? "Loading this file would run code" : "Something in this file is unusual",
    basis: (
      <>
        {worst?.call && (
          <>
            It calls{" "}
            <code class="bold">
              <Name text={worst.call} />
            </code>
            .{" "}
          </>
        )}
        {worst?.advice && `${sentence(worst.advice)} `}
        {more > 0 && `${plural(more, "more finding")} below. `}
        {unsafe ? !/do not load/i.test(worst?.advice ?? "") && "Do not load it." : "Read the findings before loading it."}
      </>
    ),
    tone: unsafe ? "bad" : "warn",
  };
}

function unparseable(item: Item): Judgement {
  const reason = threatsOf(item)[0];
  return {
    punch: "unparseable",
    title: "Could not be read to its end",
    basis: (
      <>
        {reason && (
          <>
            <Name text={sentence(reason.title)} />{" "}
          </>
        )}
        It is treated as unsafe: what was not read cannot be called clean.
      </>
    ),
    tone: "warn",
  };
}

/* Not a model: what can be said comes from its components alone. */
function byComponents(item: Item, status: Status | undefined): Judgement {
  const found = vulnerabilitiesOf(item);
  const components = plural(item.components.length, "component");
  if (item.components.length === 0)
    return { punch: "waiting", title: "Nothing in it to judge", basis: "It is not a model, and no components were found in it. That is not the same as clean.", tone: "" };
  if (found.length > 0) {
    const worst = found[0]!;
    return {
      punch: "suspicious",
      title: `${plural(found.length, "known vulnerability", "known vulnerabilities")} in ${components}`,
      basis: (
        <>
          The worst is {worst.aliases?.[0] ?? worst.advisory ?? worst.code} in <bdi>{worst.component}</bdi> {worst.version} ({worst.severity}){worst.fixed ? `, fixed in ${worst.fixed}` : ", without a fix so far"}.
        </>
      ),
      tone: worst.severity === "critical" || worst.severity === "high" ? "bad" : "warn",
    };
  }
  if (!status || status.advisories.count === 0)
    return { punch: "waiting", title: "Not judged yet: no advisories are loaded", basis: `${components} were found, but nothing can be said about them.`, tone: "" };
  return {
    punch: "clean",
    title: "No known vulnerabilities",
    basis: `${components} were judged against ${count(status.advisories.count)} advisories${status.advisories.starter ? " of the starter set, which is small: import the full set to be sure" : ""}.`,
    tone: "",
  };
}

/* "Safe to load" speaks of models alone; over an image or an archive with vulnerable components it would be a false all-clear. */
function withSafeModels(judged: Judgement): Judgement {
  return { ...judged, basis: <>{judged.basis} The models in it are safe to load.</> };
}

/* The list of calls is cut at a limit; the scanner's count is not. */
function everyCall(item: Item): string {
  const calls = Number(item.facts.find((fact) => fact.name === "calls")?.value ?? 0);
  if (calls > 1) return `All ${count(calls)} calls it makes are`;
  return "Every call it makes is";
}

export function judge(item: Item, status: Status | undefined): Judgement {
  if (item.scan?.state === "failed") return { punch: "unparseable", title: "The scan could not finish", basis: "It is treated as unsafe until a scan reaches its end.", tone: "warn" };
  if (item.scan?.state !== "done") return waiting(item);
  switch (item.scan.verdict) {
    case "clean":
      if (item.components.length > 0) return withSafeModels(byComponents(item, status));
      return {
        punch: "clean",
        title: "Safe to load",
        basis: `${everyCall(item)} on the allow-list, and it was read to its last byte.`,
        tone: "",
      };
    case "unsafe":
    case "suspicious":
      return threat(item);
    case "unparseable":
      return unparseable(item);
    default:
      return byComponents(item, status);
  }
}

export function VerdictCard({ item, status, format, children }: { item: Item; status: Status | undefined; format?: string; children?: ComponentChildren }) {
  const judged = judge(item, status);
  return (
    <section class={`card verdict ${judged.tone}`} aria-label="Verdict">
      <Hallmark verdict={judged.punch} format={punchFormat(format ?? item.format, item.facts.find((fact) => fact.name === "pickle_protocol")?.value)} judgedMs={item.scan?.finished_ms ?? null} />
      <div class="fill">
        <h2>{judged.title}</h2>
        <p>{judged.basis}</p>
        {children}
      </div>
    </section>
  );
}

export function BlockedNote({ item }: { item: Item }) {
  if (!item.blocked) return null;
  const { violation } = item.blocked;
  /* Other clients are told the address; here is a button. */
  const message = violation === null ? item.blocked.message : item.blocked.message.replace(/\s*How to unblock: \S+$/, "");
  return (
    <div class="notice alert">
      <Icon name="lock" />
      <div class="fill breaks">
        <b>Download blocked.</b> <Name text={sentence(message)} />
      </div>
      {violation !== null && (
        <a class="button small" href={href(`/violations/${violation}`)}>
          What unblocks it
        </a>
      )}
    </div>
  );
}
