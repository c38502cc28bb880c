/* The Deploy dialog, over whatever page is open. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api/client";
import { useData } from "../../lib/data";
import { chosenFiles, droppedFiles } from "../../lib/dropped";
import { plural, size } from "../../lib/format";
import { useStore } from "../../lib/store";
import { cancelAll, clearFinished, isActive, isOver, stage, startStaged, uploads, watched } from "../../lib/uploads";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Field } from "../../parts/page";
import { ErrorNote } from "../../parts/states";
import { UploadRow } from "./row";

export interface DeployTarget {
  repo: string;
  folder: string;
}

/* Folders as typed: no slash at the ends, no empty parts. What else is wrong, the server says with its own sentence. */
const cleanFolder = (text: string): string => text.split("/").map((part) => part.trim()).filter(Boolean).join("/");

function folderProblem(text: string): string {
  return text.split("/").some((part) => part.trim() === ".." || part.trim() === ".") ? "A folder cannot be called “.” or “..”. Remove it." : "";
}

function Drop() {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    if (event.dataTransfer) stage(await droppedFiles(event.dataTransfer));
  };
  return (
    <div class={over ? "dropzone over" : "dropzone"} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(event) => void take(event)}>
      <Icon name="upload" size="l" />
      <div class="fill">
        <div class="semi">{over ? "Drop to add them" : "Drop files or folders here"}</div>
        <div class="soft fine">Folders keep their shape. Each file is hashed here first; what is stored already is not sent again.</div>
      </div>
      <button type="button" class="button small" onClick={() => input.current?.click()}>
        Choose…
      </button>
      <input ref={input} type="file" multiple hidden aria-label="Files to deploy" onChange={(event) => { stage(chosenFiles(event.currentTarget.files)); event.currentTarget.value = ""; }} />
    </div>
  );
}

export function DeployDialog({ target, onClose }: { target: DeployTarget; onClose: () => void }) {
  const list = useStore(uploads);
  const repositories = useData("tree::", () => api.tree("", ""));
  const open = (repositories.value?.children ?? []).filter((one) => one.package_type?.toLowerCase() !== "docker");
  const [repo, setRepo] = useState(target.repo);
  const [folder, setFolder] = useState(target.folder);
  const problem = folderProblem(folder);

  /* A docker repository takes images from its own clients only: then the first one that takes files is offered. */
  useEffect(() => {
    if (open.length > 0 && !open.some((one) => one.name === repo)) setRepo(open[0]!.name);
  }, [open.length]);

  useEffect(() => {
    watched.set(true);
    return () => watched.set(false);
  }, []);

  const staged = list.filter((one) => one.state.kind === "staged");
  const active = list.some(isActive);
  const bytes = list.reduce((sum, one) => sum + one.file.size, 0);
  const close = (): void => {
    clearFinished();
    onClose();
  };
  const start = (event: Event): void => {
    event.preventDefault();
    if (!problem && repo && staged.length > 0) startStaged(repo, cleanFolder(folder));
  };
  const footer = (
    <>
      <span class="mono dim fine fill clip">
        PUT /artifactory/{repo}/{cleanFolder(folder)}
        {cleanFolder(folder) && "/"}…
      </span>
      {(active || staged.length > 0) && (
        <button type="button" class="button" onClick={cancelAll}>
          {active ? "Cancel all" : "Clear"}
        </button>
      )}
      {staged.length > 0 || list.length === 0 ? (
        <button type="submit" form="deploy-form" class="button primary" disabled={staged.length === 0 || !repo || problem !== ""}>
          {staged.length > 0 ? `Deploy ${plural(staged.length, "file")}` : "Deploy"}
        </button>
      ) : (
        <button type="button" class="button primary" disabled={!list.every(isOver) && active} onClick={close}>
          Done
        </button>
      )}
    </>
  );

  return (
    <Dialog title="Deploy" sub={list.length > 0 ? `${plural(list.length, "file")}, ${size(bytes)}` : undefined} onClose={close} footer={footer}>
      <form id="deploy-form" class="column" onSubmit={start}>
        <div class="grid target">
          <Field id="deploy-repo" label="Repository">
            <select id="deploy-repo" class="input" value={repo} onChange={(event) => setRepo(event.currentTarget.value)}>
              {open.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
          </Field>
          <Field id="deploy-folder" label="Folder" error={problem} hint={open.length === 0 && repositories.value ? "Create a repository for files first." : undefined}>
            <input id="deploy-folder" class="input mono" autofocus placeholder="model/1.0.0/" value={folder} spellcheck={false} autocapitalize="off" onInput={(event) => setFolder(event.currentTarget.value)} />
          </Field>
        </div>
        {repositories.error && <ErrorNote error={repositories.error} retry={repositories.refresh} />}
        <Drop />
        {list.length > 0 && (
          <ul class="uploads" aria-label="Files">
            {list.map((upload) => (
              <UploadRow key={upload.id} upload={upload} target={[cleanFolder(folder), upload.relative].filter(Boolean).join("/")} />
            ))}
          </ul>
        )}
      </form>
    </Dialog>
  );
}
