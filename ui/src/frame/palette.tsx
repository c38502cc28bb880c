/* Search or jump: places and actions at once; repositories and their entries as the server answers. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../api/client";
import { useData } from "../lib/data";
import { visible } from "../lib/format";
import { go, itemPath } from "../lib/router";
import { Dialog } from "../parts/dialog";
import { Icon, type IconName } from "../parts/icon";
import { places } from "./places";

interface Hit {
  group: "Found" | "Do" | "Go to";
  icon: IconName;
  label: string;
  hint?: string;
  run: () => void;
}

/* "ml-models/model/1.0" names the folder ml-models/model and asks for what begins with 1.0. */
function splitPath(text: string): { repo: string; folder: string; rest: string } {
  const parts = text.split("/");
  const rest = parts.pop() ?? "";
  return { repo: parts[0] ?? "", folder: parts.slice(1).join("/"), rest: rest.toLowerCase() };
}

function useFound(text: string): Hit[] {
  const { repo, folder, rest } = splitPath(text.trim());
  const tree = useData(`tree:${repo}:${folder}`, () => api.tree(repo, folder));
  return (tree.value?.children ?? [])
    .filter((node) => node.name.toLowerCase().includes(rest))
    .slice(0, 8)
    .map((node) => {
      const target: [string, string] = node.kind === "repository" ? [node.name, ""] : [repo, node.path];
      return { group: "Found", icon: node.kind === "file" ? "file" : node.kind === "folder" ? "folder" : "box", label: visible([target[0], target[1]].filter(Boolean).join("/")), hint: node.kind, run: () => go(itemPath(...target)) };
    });
}

export function Palette({ onClose, onDeploy }: { onClose: () => void; onDeploy: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = useFound(text);
  const wanted = text.trim().toLowerCase();

  const hits = useMemo((): Hit[] => {
    const doing: Hit[] = [];
    if (!wanted || "deploy files upload".includes(wanted)) doing.push({ group: "Do", icon: "upload", label: "Deploy files…", hint: "D", run: onDeploy });
    if (wanted) doing.push({ group: "Do", icon: "search", label: `Find “${text.trim()}” in vulnerabilities`, run: () => go(`/vulnerabilities?q=${encodeURIComponent(text.trim())}`) });
    const going = places.filter((place) => place.label.toLowerCase().includes(wanted)).map((place): Hit => ({ group: "Go to", icon: place.icon, label: place.label, run: () => go(place.path) }));
    return [...found, ...doing, ...going];
  }, [found, wanted, text, onDeploy]);

  useEffect(() => setChosen(0), [text]);
  const at = Math.min(chosen, hits.length - 1);
  const run = (hit: Hit | undefined): void => {
    if (!hit) return;
    onClose();
    hit.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setChosen(Math.min(at + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(at - 1, 0));
    else if (event.key === "Enter") run(hits[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title="Search or jump to" variant="palette" onClose={onClose}>
      <div class="ask">
        <Icon name="search" />
        <input
          autofocus
          role="combobox"
          aria-label="Search or jump to"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={at >= 0 ? `palette-${at}` : undefined}
          placeholder="A place, a repository, or repository/folder/…"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <div id="palette-list" role="listbox" aria-label="Results" class="hits">
        {hits.map((hit, index) => (
          <>
            {hit.group !== hits[index - 1]?.group && (
              <div class="group" role="presentation">
                {hit.group}
              </div>
            )}
            <div key={hit.label} id={`palette-${index}`} role="option" aria-selected={index === at} class={index === at ? "hit on" : "hit"} onMouseMove={() => setChosen(index)} onClick={() => run(hit)}>
              <Icon name={hit.icon} />
              <bdi class="clip">{hit.label}</bdi>
              {hit.hint && <span class="to-end">{hit.hint}</span>}
            </div>
          </>
        ))}
      </div>
    </Dialog>
  );
}
