/* Files out of a drop: folders keep their shape. */
export interface DroppedFile {
  file: File;
  relative: string;
}

const FILES_MOST = 2000;

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/* A reader gives at most 100 entries a call; an empty answer is the end. */
async function childrenOf(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || all.length > FILES_MOST) return all;
    all.push(...some);
  }
}

async function walk(entry: FileSystemEntry, into: DroppedFile[]): Promise<void> {
  if (into.length >= FILES_MOST) return;
  if (entry.isFile) into.push({ file: await fileOf(entry as FileSystemFileEntry), relative: entry.fullPath.replace(/^\/+/, "") });
  else for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await walk(child, into);
}

export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  /* Entries must be taken before the first await: afterwards the list is empty. */
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, relative: file.name }));
  const files: DroppedFile[] = [];
  for (const entry of entries) await walk(entry, files);
  return files;
}

export const chosenFiles = (list: FileList | null): DroppedFile[] => [...(list ?? [])].map((file) => ({ file, relative: file.webkitRelativePath || file.name }));
