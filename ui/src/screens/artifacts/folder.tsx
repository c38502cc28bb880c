/* A folder or the root of a repository: what is in it, or how to put something into it. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { TreeNode } from "../../api/types";
import { useData } from "../../lib/data";
import { plural, size, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Page } from "../../parts/page";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Command, Copy, Name, Time } from "../../parts/text";
import { ScanMark, shownVerdict } from "../../parts/verdict";
import { DeleteDialog } from "./delete";

interface FolderProps {
  repo: string;
  path: string;
  images: boolean;
  user: string;
  onDeploy: () => void;
}

function EmptyFolder({ repo, path, images, user, onDeploy }: FolderProps) {
  const host = window.location.host;
  if (images)
    return (
      <Empty drawing="store" title="Nothing is stored here yet">
        <p>Push the first image from a shell. Its layers and packages are scanned when it arrives.</p>
        <Command text={`docker tag secure-ml-app:v1.0 ${host}/${repo}/secure-ml-app:v1.0`} />
        <Command text={`docker push ${host}/${repo}/secure-ml-app:v1.0`} />
      </Empty>
    );
  const target = [repo, path || "model/1.0.0", "model.pkl"].join("/");
  return (
    <Empty
      drawing="store"
      title="Nothing is stored here yet"
      actions={
        <button type="button" class="btn primary sm" onClick={onDeploy}>
          <Icon name="upload" size="s" />
          Deploy
        </button>
      }
    >
      <p>Drop files on this page, or send the first one from a shell. It is scanned when it arrives.</p>
      <Command text={`curl -u ${user} -T model.pkl ${window.location.origin}/artifactory/${target}`} />
    </Empty>
  );
}

function NodeRow({ repo, node, images }: { repo: string; node: TreeNode; images: boolean }) {
  const folder = node.kind !== "file";
  return (
    <tr>
      <td>
        <a class="row name" href={href(itemPath(repo, node.path))}>
          <Icon name={folder ? (images ? "image" : "folder") : "file"} />
          <Name text={node.name} />
        </a>
      </td>
      <td>{node.scan && shownVerdict(node.scan) ? <ScanMark scan={node.scan} /> : null}</td>
      <td class="num muted hide">{!folder && node.size_bytes !== undefined ? size(node.size_bytes) : ""}</td>
      <td class="muted hide">{node.modified_ms ? <Time ms={node.modified_ms} /> : ""}</td>
    </tr>
  );
}

const BUSY_MS = 1500;
const isBusy = (nodes: readonly TreeNode[]): boolean => nodes.some((node) => node.scan?.state === "queued" || node.scan?.state === "running");

export function FolderPage(props: FolderProps) {
  const { repo, path, images, onDeploy } = props;
  const [deleting, setDeleting] = useState(false);
  const [more, setMore] = useState<TreeNode[]>([]);
  const [next, setNext] = useState<string | null>();
  const data = useData(`tree:${repo}:${path}`, () => api.tree(repo, path), { again: (value) => (value && isBusy(value.children) ? BUSY_MS : 0) });
  const rows = data.value && [...data.value.children, ...more];
  const after = next === undefined ? (data.value?.next ?? null) : next;
  const loadMore = async (): Promise<void> => {
    const page = await api.tree(repo, path, after ?? undefined);
    setMore([...more, ...page.children]);
    setNext(page.next);
  };
  const name = path ? (path.split("/").pop() ?? path) : repo;

  return (
    <Page
      title={visible(name)}
      wide
      sub={
        <span class="row g1">
          <span class="mono wrap-any">
            <Name text={path ? `${repo}/${path}` : repo} />
          </span>
          <Copy text={path ? `${repo}/${path}` : repo} what="path" />
        </span>
      }
      actions={
        <>
          {!images && (
            <button type="button" class="btn" onClick={onDeploy}>
              <Icon name="upload" size="s" />
              Deploy here
            </button>
          )}
          {path && (
            <button type="button" class="btn danger" onClick={() => setDeleting(true)}>
              <Icon name="trash" size="s" />
              Delete…
            </button>
          )}
        </>
      }
    >
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      <section class="card">
        {!rows && !data.error && <Skeleton />}
        {rows?.length === 0 && <EmptyFolder {...props} />}
        {rows && rows.length > 0 && (
          <>
            <table class="tbl">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Verdict</th>
                  <th class="num hide">Size</th>
                  <th class="hide">Changed</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((node) => (
                  <NodeRow key={node.path} repo={repo} node={node} images={images} />
                ))}
              </tbody>
            </table>
            <div class="foot-line">
              <span class="grow">{after === null ? plural(rows.length, "entry", "entries") : `first ${rows.length} entries`}</span>
              {after !== null && (
                <button type="button" class="btn sm" onClick={() => void loadMore()}>
                  Show more
                </button>
              )}
            </div>
          </>
        )}
      </section>
      {deleting && <DeleteDialog repo={repo} path={path} bytes={null} folder onClose={() => setDeleting(false)} />}
    </Page>
  );
}
