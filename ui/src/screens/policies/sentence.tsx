/* A policy reads as a sentence; its slots are the choices. */
import type { Policy, PolicyRule } from "../../api/types";

export type Trigger = "vulnerability" | "suspicious" | "unsafe";
export type MinimumSeverity = "Critical" | "High" | "Medium" | "Low";

export interface Draft {
  name: string;
  trigger: Trigger;
  severity: MinimumSeverity;
  fixOnly: boolean;
  block: boolean;
  unscanned: boolean;
}

export const starter: Draft = { name: "", trigger: "vulnerability", severity: "High", fixOnly: true, block: true, unscanned: true };

export function policyOf(draft: Draft): Policy {
  const criteria: PolicyRule["criteria"] = draft.trigger !== "vulnerability" ? { model_threat: draft.trigger } : { min_severity: draft.severity, ...(draft.fixOnly ? { fix_version_dependant: true } : {}) };
  return {
    name: draft.name,
    type: "security",
    description: "",
    rules: [{ name: draft.trigger !== "vulnerability" ? "model-threats" : `${draft.severity.toLowerCase()}-or-worse`, priority: 1, criteria, actions: { block_download: { active: draft.block, unscanned: draft.block && draft.unscanned }, fail_build: true } }],
  };
}

const orWorse = (severity: string): string => (severity.toLowerCase() === "critical" ? "critical" : `${severity.toLowerCase()} or worse`);

/* What a stored rule says, also for rules that other clients wrote. */
export function ruleSentence(rule: PolicyRule): string {
  const { criteria, actions } = rule;
  const verb = actions?.block_download?.active ? "Refuse the download" : actions?.fail_build ? "Fail the build" : "Note a violation";
  const unscanned = actions?.block_download?.active && actions.block_download.unscanned ? ", or is not scanned yet" : "";
  if (criteria.model_threat) return `${verb} when a model is ${criteria.model_threat === "unsafe" ? "unsafe or unparseable" : "unsafe, suspicious or unparseable"}${unscanned}.`;
  if (criteria.malicious_package) return `${verb} when a component is known to be malicious, or a model is unsafe${unscanned}.`;
  if (criteria.min_severity) return `${verb} when a component has a finding of severity ${orWorse(criteria.min_severity)}${criteria.fix_version_dependant ? " that has a fix" : ""}${unscanned}.`;
  return `${verb} by the criteria ${JSON.stringify(criteria)}${unscanned}.`;
}

interface Option<Value extends string> {
  value: Value;
  label: string;
}

function Slot<Value extends string>({ label, value, options, onChange }: { label: string; value: Value; options: readonly Option<Value>[]; onChange: (value: Value) => void }) {
  return (
    <span>
      <select
        class="slot"
        aria-label={label}
        value={value}
        onChange={(event) => {
          const chosen = options.find((one) => one.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
}

type Choice = "yes" | "no";
const choice = (value: boolean): Choice => (value ? "yes" : "no");

export function SentenceForm({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const set = (change: Partial<Draft>): void => onChange({ ...draft, ...change });
  return (
    <div class="sentence">
      <Slot
        label="What happens"
        value={choice(draft.block)}
        options={[
          { value: "yes", label: "Refuse the download" },
          { value: "no", label: "Note a violation" },
        ]}
        onChange={(value) => set({ block: value === "yes" })}
      />{" "}
      when{" "}
      <Slot
        label="Of what"
        value={draft.trigger}
        options={[
          { value: "vulnerability", label: "a component has a finding" },
          { value: "suspicious", label: "a model is unsafe, suspicious or unparseable" },
          { value: "unsafe", label: "a model is unsafe or unparseable" },
        ]}
        onChange={(trigger) => set({ trigger })}
      />{" "}
      {draft.trigger === "vulnerability" && (
        <>
          of{" "}
          <Slot
            label="Minimum severity"
            value={draft.severity}
            options={[
              { value: "Critical", label: "critical severity" },
              { value: "High", label: "high or worse" },
              { value: "Medium", label: "medium or worse" },
              { value: "Low", label: "low or worse" },
            ]}
            onChange={(severity) => set({ severity })}
          />{" "}
          <Slot
            label="With or without a fix"
            value={choice(draft.fixOnly)}
            options={[
              { value: "yes", label: "that has a fix" },
              { value: "no", label: "with or without a fix" },
            ]}
            onChange={(value) => set({ fixOnly: value === "yes" })}
          />{" "}
        </>
      )}
      {draft.block && (
        <>
          and{" "}
          <Slot
            label="Before the first scan"
            value={choice(draft.unscanned)}
            options={[
              { value: "yes", label: "until it is scanned" },
              { value: "no", label: "only after the scan" },
            ]}
            onChange={(value) => set({ unscanned: value === "yes" })}
          />
        </>
      )}
      .
    </div>
  );
}
