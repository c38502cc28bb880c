/* A folder or the root of a repository: what is in it, or how to put something into it. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { TreeNode } from "../../api/types";
import { count, plural, size, visible } from "../../lib/format";
import { usePages } from "../../lib/pages";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { ListFoot, Page } from "../../parts/page";
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
        <button type="button" class="button primary small" onClick={onDeploy}>
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
        <a class="line name" href={href(itemPath(repo, node.path))}>
          <Icon name={folder ? (images ? "image" : "folder") : "file"} />
          <Name text={node.name} />
        </a>
      </td>
      <td>{node.scan && shownVerdict(node.scan) ? <ScanMark scan={node.scan} /> : null}</td>
      <td class="figure soft spare">{!folder && node.size_bytes !== undefined ? size(node.size_bytes) : ""}</td>
      <td class="soft spare">{node.modified_ms ? <Time ms={node.modified_ms} /> : ""}</td>
    </tr>
  );
}

const BUSY_MS = 1500;
const isBusy = (nodes: readonly TreeNode[]): boolean => nodes.some((node) => node.scan?.state === "queued" || node.scan?.state === "running");

export function FolderPage(props: FolderProps) {
  const { repo, path, images, onDeploy } = props;
  const [deleting, setDeleting] = useState(false);
  const load = async (after?: string | number): Promise<{ rows: TreeNode[]; next: string | null }> => {
    const { children, next } = await api.tree(repo, path, after);
    return { rows: children, next };
  };
  const data = usePages(`tree:${repo}:${path}`, load, { again: (value) => (value && isBusy(value.rows) ? BUSY_MS : 0) });
  const rows = data.value?.rows;
  const name = path ? (path.split("/").pop() ?? path) : repo;

  return (
    <Page
      title={visible(name)}
      wide
      sub={
        <span class="line tight">
          <span class="mono breaks">
            <Name text={path ? `${repo}/${path}` : repo} />
          </span>
          <Copy text={path ? `${repo}/${path}` : repo} what="path" />
        </span>
      }
      actions={
        <>
          {!images && (
            <button type="button" class="button" onClick={onDeploy}>
              <Icon name="upload" size="s" />
              Deploy here
            </button>
          )}
          {path && (
            <button type="button" class="button danger" onClick={() => setDeleting(true)}>
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
            <table class="table">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Verdict</th>
                  <th class="figure spare">Size</th>
                  <th class="spare">Changed</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((node) => (
                  <NodeRow key={node.path} repo={repo} node={node} images={images} />
                ))}
              </tbody>
            </table>
            <ListFoot shown={`First ${count(rows.length)} entries`} all={plural(rows.length, "entry", "entries")} rest={data.value?.next !== null} onMore={data.more} busy={data.busy} />
          </>
        )}
      </section>
      {deleting && <DeleteDialog repo={repo} path={path} bytes={null} folder onClose={() => setDeleting(false)} />}
    </Page>
  );
}
