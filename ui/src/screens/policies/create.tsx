/* A new policy, written as a sentence, and the watch that switches it on for repositories. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Policy, TreeNode, Watch } from "../../api/types";
import { refreshAll, useAction, useData } from "../../lib/data";
import { plural } from "../../lib/format";
import { toast } from "../../lib/toast";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/page";
import { ErrorNote } from "../../parts/states";
import { type Draft, policyOf, SentenceForm, starter } from "./sentence";

function watchOf(name: string, policy: { name: string; type: string }, repositories: readonly string[], all: boolean): Watch {
  const resources = all ? [{ type: "all-repos", name: "All Repositories" }] : repositories.map((repo) => ({ type: "repository", bin_mgr_id: "default", name: repo, repo_type: "local" }));
  return { general_data: { name, description: "", active: true }, project_resources: { resources }, assigned_policies: [policy] };
}

function Repositories({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: readonly string[]) => void }) {
  const data = useData("tree::", () => api.tree("", ""));
  const rows: readonly TreeNode[] = data.value?.children ?? [];
  const toggle = (name: string): void => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return (
    <fieldset class="choices repos">
      <legend>Repositories under it</legend>
      {rows.map((row) => (
        <label key={row.name} class={chosen.includes(row.name) ? "choice on" : "choice"}>
          <input type="checkbox" checked={chosen.includes(row.name)} onChange={() => toggle(row.name)} />
          <span>
            <b>{row.name}</b>
            <span class="hint">{row.package_type?.toLowerCase() === "docker" ? "container images" : "files and models"}</span>
          </span>
        </label>
      ))}
      {rows.length === 0 && <p class="hint">There is no repository yet. The policy can be written now and watched later.</p>}
    </fieldset>
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const nameProblem = (name: string): string => (name === "" || NAME.test(name) ? "" : "Letters, digits, dot, dash and underscore, 64 at most.");

export function CreatePolicyDialog({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({ ...starter, name: taken.includes("production-gate") ? "" : "production-gate" });
  const [repositories, setRepositories] = useState<readonly string[]>([]);
  const action = useAction();
  const problem = nameProblem(draft.name) || (taken.includes(draft.name) ? "A policy of this name exists. Choose another." : "");

  const save = (event: Event): void => {
    event.preventDefault();
    if (problem || !draft.name) return;
    action.run(async () => {
      const policy = policyOf(draft);
      await api.createPolicy(policy);
      refreshAll();
      if (repositories.length > 0) await api.createWatch(watchOf(`${draft.name}-watch`, { name: draft.name, type: policy.type }, repositories, false));
      refreshAll();
      toast(repositories.length > 0 ? `${draft.name} is on for ${plural(repositories.length, "repository", "repositories")}.` : `${draft.name} is saved, and no repository is under it yet.`);
      onClose();
    });
  };
  return (
    <Dialog
      title="New policy"
      onClose={onClose}
      dismissible={!action.busy}
      footer={
        <>
          <button type="button" class="button to-end" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="policy-form" class="button primary" disabled={action.busy || problem !== "" || draft.name === ""}>
            {repositories.length > 0 ? `Switch on for ${plural(repositories.length, "repository", "repositories")}` : "Save without a watch"}
          </button>
        </>
      }
    >
      <form id="policy-form" class="column" onSubmit={save}>
        <Field id="policy-name" label="Name" error={problem}>
          <input id="policy-name" class={problem ? "input mono bad" : "input mono"} spellcheck={false} autocapitalize="off" value={draft.name} aria-invalid={problem !== ""} onInput={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
        </Field>
        <SentenceForm draft={draft} onChange={setDraft} />
        <Repositories chosen={repositories} onChange={setRepositories} />
        {action.error && <ErrorNote error={action.error} />}
      </form>
    </Dialog>
  );
}

export function CreateWatchDialog({ policies, onClose }: { policies: readonly Policy[]; onClose: () => void }) {
  const [name, setName] = useState("");
  const [policy, setPolicy] = useState(policies[0]?.name ?? "");
  const [all, setAll] = useState(false);
  const [repositories, setRepositories] = useState<readonly string[]>([]);
  const action = useAction();
  const problem = nameProblem(name);
  const ready = name !== "" && !problem && policy !== "" && (all || repositories.length > 0);
  const save = (event: Event): void => {
    event.preventDefault();
    if (!ready) return;
    action.run(async () => {
      const type = policies.find((one) => one.name === policy)?.type ?? "security";
      await api.createWatch(watchOf(name, { name: policy, type }, repositories, all));
      refreshAll();
      toast(`${name} watches ${all ? "all repositories" : plural(repositories.length, "repository", "repositories")}.`);
      onClose();
    });
  };
  return (
    <Dialog
      title="New watch"
      onClose={onClose}
      dismissible={!action.busy}
      footer={
        <>
          <button type="button" class="button to-end" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" form="watch-form" class="button primary" disabled={!ready || action.busy}>
            Watch
          </button>
        </>
      }
    >
      <form id="watch-form" class="column" onSubmit={save}>
        <Field id="watch-name" label="Name" error={problem}>
          <input id="watch-name" class="input mono" autofocus spellcheck={false} autocapitalize="off" placeholder="everything-served" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <Field id="watch-policy" label="Policy">
          <select id="watch-policy" class="input" value={policy} onChange={(event) => setPolicy(event.currentTarget.value)}>
            {policies.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </Field>
        <label class={all ? "choice on" : "choice"}>
          <input type="checkbox" checked={all} onChange={() => setAll(!all)} />
          <span>
            <b>All repositories</b>
            <span class="hint">Also those that are created later.</span>
          </span>
        </label>
        {!all && <Repositories chosen={repositories} onChange={setRepositories} />}
        {action.error && <ErrorNote error={action.error} />}
      </form>
    </Dialog>
  );
}
