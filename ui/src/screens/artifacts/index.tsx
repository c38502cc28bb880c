/* Artifacts: the tree at the left, and at the right whatever its address names: all repositories, a folder, a file or an image. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { useData } from "../../lib/data";
import { href, itemPath } from "../../lib/router";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { CreateRepositoryDialog } from "./create";
import { FolderPage } from "./folder";
import { ImagePage } from "./image";
import { ItemPage } from "./item";
import { Repositories } from "./repositories";
import { TreePane } from "./tree";
import { isManifest } from "./tree-model";

const BUSY_MS = 800;

/* "secure-ml-app:v1.0" is how people name what is stored at secure-ml-app/v1.0/manifest.json. */
export function storedPath(path: string, images: boolean): string {
  const named = images ? /^(.+):([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(path) : null;
  return named ? `${named[1]}/${named[2]}/manifest.json` : path;
}

function Entry({ repo, path, images, user, onDeploy }: { repo: string; path: string; images: boolean; user: string; onDeploy: () => void }) {
  const item = useData(`item:${repo}:${path}`, () => api.item(repo, path), { again: (value) => (value?.scan?.state === "queued" || value?.scan?.state === "running" ? BUSY_MS : 0) });
  const isFolder = item.value !== undefined && item.value.kind !== "file";
  const inside = useData(isFolder && images ? `tree:${repo}:${path}` : "none", () => (isFolder && images ? api.tree(repo, path) : Promise.resolve({ children: [], next: null })));
  if (item.error?.status === 404)
    return (
      <div class="page">
        <section class="card">
          <Empty
            drawing="lost"
            level={1}
            title="Nothing is stored here"
            actions={
              <a class="button small" href={href(itemPath(repo, path.split("/").slice(0, -1).join("/")))}>
                Open the folder above
              </a>
            }
          >
            <p>
              No artifact has the path <span class="mono breaks">{path}</span> in <bdi>{repo}</bdi>. It may have been deleted or moved.
            </p>
          </Empty>
        </section>
      </div>
    );
  if (item.error && !item.value)
    return (
      <div class="page">
        <h1 class="unseen">{path}</h1>
        <ErrorNote error={item.error} retry={item.refresh} />
      </div>
    );
  if (!item.value)
    return (
      <div class="page">
        <h1 class="unseen">Loading</h1>
        <Skeleton />
      </div>
    );
  const manifest = inside.value?.children.find((child) => isManifest(child.path));
  if (isFolder && manifest) return <Entry repo={repo} path={manifest.path} images={images} user={user} onDeploy={onDeploy} />;
  if (isFolder) return <FolderPage key={path} repo={repo} path={path} images={images} user={user} onDeploy={onDeploy} />;
  if (images && isManifest(path)) return <ImagePage key={path} item={item.value} />;
  return <ItemPage key={path} item={item.value} />;
}

export function Artifacts({ repo, path, user, onDeploy }: { repo: string; path: string; user: string; onDeploy: () => void }) {
  const [creating, setCreating] = useState(false);
  const roots = useData("tree::", () => api.tree("", ""));
  const images = roots.value?.children.find((one) => one.name === repo)?.package_type?.toLowerCase() === "docker";
  const where = storedPath(path, images);
  return (
    <div class="split">
      <TreePane repo={repo} path={where} onCreate={() => setCreating(true)} />
      {!repo && <Repositories onCreate={() => setCreating(true)} />}
      {repo && !where && <FolderPage key={repo} repo={repo} path="" images={images} user={user} onDeploy={onDeploy} />}
      {repo && where && <Entry repo={repo} path={where} images={images} user={user} onDeploy={onDeploy} />}
      {creating && <CreateRepositoryDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
