/* The first steps. Each line ticks itself; the card can be hidden, and goes when all are done. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Status } from "../../api/types";
import { useData } from "../../lib/data";
import { href } from "../../lib/router";
import { Icon } from "../../parts/icon";

interface Step {
  done: boolean;
  title: string;
  hint: string;
  action?: preact.JSX.Element;
}

const HIDDEN = "assay.setup.hidden";

function stepsOf(status: Status, gate: boolean, image: boolean, onDeploy: () => void): Step[] {
  return [
    { done: status.totals.repositories > 0, title: "Create a repository", hint: "One per kind of thing: models, images.", action: <a class="button small" href={href("/artifacts")}>Open artifacts</a> },
    { done: status.totals.artifacts > 0, title: "Upload a first artifact", hint: "Drop a model anywhere on the page. It is scanned when it arrives.", action: <button type="button" class="button small" onClick={onDeploy}>Deploy</button> },
    { done: gate, title: "Switch on a gate", hint: "A policy says what may be downloaded; a watch says where.", action: <a class="button small" href={href("/policies")}>Write a policy</a> },
    { done: image, title: "Push an image", hint: `docker push ${window.location.host}/docker-local/…` },
    { done: !status.advisories.starter && status.advisories.count > 0, title: "Import all advisories", hint: "The starter set knows a few packages of machine learning. On the server: assay advisories update" },
  ];
}

export function SetUp({ status, onDeploy }: { status: Status | undefined; onDeploy: () => void }) {
  const [hidden, setHidden] = useState(localStorage.getItem(HIDDEN) === "yes");
  const watches = useData("watches", api.watches);
  const roots = useData("tree::", () => api.tree("", ""));
  const docker = roots.value?.children.find((one) => one.package_type?.toLowerCase() === "docker");
  const images = useData(`tree:${docker?.name ?? ""}:`, () => api.tree(docker?.name ?? "", ""));
  if (hidden || !status || !watches.value) return null;
  const steps = stepsOf(status, watches.value.length > 0, docker !== undefined && (images.value?.children.length ?? 0) > 0, onDeploy);
  const done = steps.filter((step) => step.done).length;
  const next = steps.find((step) => !step.done);
  if (!next) return null;
  const hide = (): void => {
    localStorage.setItem(HIDDEN, "yes");
    setHidden(true);
  };
  return (
    <section class="card">
      <header>
        <h2>Set up</h2>
        <span class="soft fine">
          {done} of {steps.length} done
        </span>
        <button type="button" class="button plain square small to-end" aria-label="Hide the set-up list" onClick={hide}>
          <Icon name="x" size="s" />
        </button>
      </header>
      <div class="body column">
        <div class="progress" role="progressbar" aria-label="Set up" aria-valuemin={0} aria-valuemax={steps.length} aria-valuenow={done}>
          <i style={{ width: `${(done / steps.length) * 100}%` }} />
        </div>
        <ol class="steps">
          {steps.map((step) => (
            <li key={step.title} class={step.done ? "done" : step === next ? "next" : ""}>
              <span class="tick">{step.done && <Icon name="check" size="s" />}</span>
              <div class="fill">
                <div class={step === next ? "bold" : ""}>
                  {step.title}
                  {step.done && <span class="unseen">, done</span>}
                </div>
                {!step.done && <div class="soft fine breaks">{step.hint}</div>}
                {step === next && step.action && <div class="next-step">{step.action}</div>}
              </div>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
