/* Single letters do nothing while a field has focus or a dialog is open. */
import { useLayoutEffect } from "preact/hooks";
import { go } from "../lib/router";
import { Dialog } from "../parts/dialog";
import { places } from "./places";

export interface Commands {
  search: () => void;
  deploy: () => void;
  help: () => void;
}

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

export function useShortcuts(commands: Commands): void {
  /* Before the page is painted: a key pressed as soon as something is to be seen must not be lost. */
  useLayoutEffect(() => {
    let goPressed = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        commands.search();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const key = event.key.toLowerCase();
      const place = Date.now() - goPressed < 1200 ? places.find((one) => one.key === key) : undefined;
      goPressed = key === "g" ? Date.now() : 0;
      if (place) go(place.path);
      else if (key === "/") commands.search();
      else if (key === "d") commands.deploy();
      else if (key === "?") commands.help();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [commands]);
}

const rows: [string[], string][] = [
  [["Ctrl K", "/"], "Search, or jump to a place"],
  [["D"], "Deploy files"],
  ...places.map((place): [string[], string] => [["G", place.key.toUpperCase()], `Go to ${place.label}`]),
  [["↑", "↓"], "Move in the tree and in lists"],
  [["→", "←"], "Open and close a folder"],
  [["Enter"], "Open what is chosen"],
  [["[", "]"], "Previous and next finding in the drawer"],
  [["Esc"], "Close the topmost layer"],
  [["?"], "This list"],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Shortcuts" onClose={onClose}>
      <dl class="facts facts-keys">
        {rows.map(([keys, what]) => (
          <>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
