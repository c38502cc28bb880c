/* The next steps for a model that must not be loaded. Only what the server knows is said. */
import type { Item } from "../../api/types";
import { plural } from "../../lib/format";
import { Card } from "../../parts/page";
import { Time } from "../../parts/text";

export function WhatToDo({ item, onDelete }: { item: Item; onDelete: () => void }) {
  const verdict = item.scan?.verdict;
  if (verdict !== "unsafe" && verdict !== "suspicious" && verdict !== "unparseable") return null;
  return (
    <Card title="What to do">
      <ol class="todo">
        <li>
          <span class="nr">1</span>
          <div class="grow">
            <b>{verdict === "suspicious" ? "Read the findings before you load it" : "Do not load it"}</b>
            <p class="muted">
              {item.downloads === 0 ? "Nobody has downloaded it here" : `It was downloaded ${plural(item.downloads, "time")}`} since it arrived <Time ms={item.created_ms} />.{" "}
              {item.blocked ? "A policy refuses it to everybody." : "No policy refuses it: whoever may read the repository can download it."}
            </p>
          </div>
        </li>
        <li>
          <span class="nr">2</span>
          <div class="grow">
            <b>Find out how it came here</b>
            <p class="muted">
              It was uploaded by <bdi>{item.created_by}</bdi>
              {item.modified_by !== item.created_by && (
                <>
                  {" "}
                  and changed by <bdi>{item.modified_by}</bdi>
                </>
              )}
              . Ask where the file is from, and whether the same token or machine made others.
            </p>
          </div>
        </li>
        <li>
          <span class="nr">3</span>
          <div class="grow">
            <b>Replace it, or take it away</b>
            <p class="muted">A model saved again by a trusted program, in a format that cannot execute code such as safetensors or ONNX, scans clean.</p>
          </div>
          <button type="button" class="btn sm" onClick={onDelete}>
            Delete…
          </button>
        </li>
      </ol>
    </Card>
  );
}
