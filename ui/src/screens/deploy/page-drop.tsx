/* The page itself takes files for the folder that is open. */
import { useEffect, useState } from "preact/hooks";
import { droppedFiles } from "../../lib/dropped";
import { stage } from "../../lib/uploads";
import { Icon } from "../../parts/icon";

export function PageDrop({ onFiles }: { onFiles: () => void }) {
  const [waiting, setWaiting] = useState(0);
  useEffect(() => {
    /* dragenter and dragleave come in pairs for every element on the way: their balance says whether files are over the page. */
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent): void => {
      if (carriesFiles(event)) setWaiting(++depth > 0 ? (event.dataTransfer?.items.length ?? 1) : 0);
    };
    const leave = (event: DragEvent): void => {
      if (carriesFiles(event) && --depth <= 0) setWaiting((depth = 0));
    };
    const over = (event: DragEvent): void => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = async (event: DragEvent): Promise<void> => {
      setWaiting((depth = 0));
      if (!carriesFiles(event) || event.defaultPrevented || !event.dataTransfer) return;
      event.preventDefault();
      stage(await droppedFiles(event.dataTransfer));
      onFiles();
    };
    const onDrop = (event: DragEvent): void => void drop(event);
    document.addEventListener("dragenter", enter);
    document.addEventListener("dragleave", leave);
    document.addEventListener("dragover", over);
    document.addEventListener("drop", onDrop);
    return () => {
      document.removeEventListener("dragenter", enter);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", onDrop);
    };
  }, [onFiles]);
  if (waiting === 0 || document.querySelector("dialog[open]")) return null;
  return (
    <div class="page-drop">
      <div class="dropzone over">
        <Icon name="upload" size="l" />
        <span class="semi">Drop to add {waiting === 1 ? "1 file" : `${waiting} files`}</span>
      </div>
    </div>
  );
}
