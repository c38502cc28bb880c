/* The tree pane: repositories, folders, files; arrows move, open and close. */
import { useRef, useState } from "preact/hooks";
import { go, href, itemPath } from "../../lib/router";
import { visible } from "../../lib/format";
import { Icon, type IconName } from "../../parts/icon";
import { ScanMark, shownVerdict } from "../../parts/verdict";
import { isManifest, type Row, setOpen, showMore, useTree } from "./tree-model";

function iconOf(row: Row): IconName {
  if (row.node.kind === "repository") return row.isImage ? "image" : "box";
  if (row.node.kind === "file") return "file";
  if (row.isTag) return "tag";
  return row.isImage ? "image" : "folder";
}

function End({ row }: { row: Row }) {
  if (row.node.kind === "repository") return <>{row.isImage ? "OCI" : row.node.package_type?.toLowerCase()}</>;
  const scan = row.node.scan;
  return scan && scan.state !== "none" && shownVerdict(scan) ? <ScanMark scan={scan} quiet /> : null;
}

function TreeRow({ row, current, focusable, onKeyDown }: { row: Row; current: boolean; focusable: boolean; onKeyDown: (event: KeyboardEvent, row: Row) => void }) {
  const folder = row.node.kind !== "file" && !row.isTag;
  return (
    <a
      role="treeitem"
      data-key={row.key}
      href={href(itemPath(row.repo, row.path))}
      style={{ "--d": String(row.depth) }}
      aria-level={row.depth + 1}
      aria-expanded={folder ? row.open : undefined}
      aria-current={current ? "true" : undefined}
      aria-selected={current}
      tabIndex={focusable ? 0 : -1}
      title={visible(row.node.name)}
      onKeyDown={(event) => onKeyDown(event, row)}
      onClick={() => folder && setOpen(row.key, true)}
    >
      {folder ? (
        <span
          class="twist"
          onClick={(event) => {
            event.preventDefault();
            event.stopPropagation();
            setOpen(row.key, !row.open);
          }}
        >
          <Icon name={row.open ? "down" : "right"} size="s" />
        </span>
      ) : (
        <span class="twist" />
      )}
      <Icon name={iconOf(row)} />
      <bdi class="clip">{visible(row.node.name)}</bdi>
      <span class="trailing">
        <End row={row} />
      </span>
    </a>
  );
}

/* The folder of a row that stands for the rest of it. */
const folderOf = (row: Row): string => row.key.slice(0, -1);

function RestRow({ row, focusable, onKeyDown }: { row: Row; focusable: boolean; onKeyDown: (event: KeyboardEvent, row: Row) => void }) {
  return (
    <div role="treeitem" class="more" data-key={row.key} style={{ "--d": String(row.depth) }} aria-level={row.depth + 1} aria-selected={false} tabIndex={focusable ? 0 : -1} onKeyDown={(event) => onKeyDown(event, row)} onClick={() => showMore(folderOf(row))}>
      <span class="twist" />
      <Icon name="down" />
      <span class="clip">
        More in <bdi>{visible(row.node.name)}</bdi>
      </span>
    </div>
  );
}

export function TreePane({ repo, path, onCreate }: { repo: string; path: string; onCreate: () => void }) {
  const [filter, setFilter] = useState("");
  const { rows } = useTree(repo, path, filter);
  const pane = useRef<HTMLDivElement>(null);
  const shown = isManifest(path) ? path.split("/").slice(0, -1).join("/") : path;
  const currentKey = shown ? `${repo}/${shown}` : repo;
  const [focused, setFocused] = useState("");
  const focusKey = rows.some((row) => row.key === focused) ? focused : rows.some((row) => row.key === currentKey) ? currentKey : rows[0]?.key;

  const focus = (row: Row | undefined): void => {
    if (!row) return;
    setFocused(row.key);
    for (const element of pane.current?.querySelectorAll("[data-key]") ?? []) if (element instanceof HTMLElement && element.dataset["key"] === row.key) element.focus();
  };
  const onKeyDown = (event: KeyboardEvent, row: Row): void => {
    const at = rows.indexOf(row);
    const parent = (): Row | undefined => rows.slice(0, at).reverse().find((one) => one.depth < row.depth);
    if (event.key === "ArrowDown") focus(rows[at + 1]);
    else if (event.key === "ArrowUp") focus(rows[at - 1]);
    else if (event.key === "Home") focus(rows[0]);
    else if (event.key === "End") focus(rows[rows.length - 1]);
    else if (row.isRest && (event.key === "Enter" || event.key === " ")) {
      /* The row goes when the rest is there: focus waits on the entry above it. */
      focus(rows[at - 1]);
      showMore(folderOf(row));
    } else if (event.key === "ArrowRight" && !row.isRest && row.node.kind !== "file") row.open ? focus(rows[at + 1]) : setOpen(row.key, true);
    else if (event.key === "ArrowLeft") row.open ? setOpen(row.key, false) : focus(parent());
    else if (event.key === "Enter" || event.key === " ") go(itemPath(row.repo, row.path));
    else return;
    event.preventDefault();
  };

  return (
    <div class="pane" ref={pane}>
      <div class="input quiet filter">
        <Icon name="search" size="s" />
        <input placeholder="Filter what is open" aria-label="Filter the tree" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
      </div>
      <div class="line pane-title">
        <span class="label">Repositories</span>
        <button type="button" class="button plain square small to-end" aria-label="New repository" title="New repository" onClick={onCreate}>
          <Icon name="plus" />
        </button>
      </div>
      <div class="tree" role="tree" aria-label="Repositories">
        {rows.map((row) =>
          row.isRest ? (
            <RestRow key={row.key} row={row} focusable={row.key === focusKey} onKeyDown={onKeyDown} />
          ) : (
            <TreeRow key={row.key} row={row} current={row.key === currentKey} focusable={row.key === focusKey} onKeyDown={onKeyDown} />
          ),
        )}
      </div>
      <div class="notice dashed">
        <Icon name="upload" />
        <span class="fine">Drop files anywhere on this page to deploy them to the folder that is open.</span>
      </div>
    </div>
  );
}
