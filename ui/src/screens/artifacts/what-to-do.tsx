/* The next steps for a model that must not be loaded. Only what the server knows is said. */
import type { Item } from "../../api/types";
import { plural } from "../../lib/format";
import { Card } from "../../parts/page";
import { Command, Copy, Time } from "../../parts/text";
import { adviceFor, convertCommand } from "./advice";

export function WhatToDo({ item, onDelete }: { item: Item; onDelete: () => void }) {
  const verdict = item.scan?.verdict;
  if (verdict !== "unsafe" && verdict !== "suspicious" && verdict !== "unparseable") return null;
  const advice = adviceFor(item);
  const convert = convertCommand(item);
  return (
    <Card title="What to do">
      <ol class="advice">
        <li>
          <span class="ordinal">1</span>
          <div class="fill">
            <b>{verdict === "suspicious" ? "Read the findings before you load it" : "Do not load it"}</b>
            <p class="soft">
              {item.downloads === 0 ? "Nobody has downloaded it here" : `It was downloaded ${plural(item.downloads, "time")}`} since it arrived <Time ms={item.created_ms} />.{" "}
              {item.blocked ? "A policy refuses it to everybody." : "No policy refuses it: whoever may read the repository can download it."}
            </p>
          </div>
        </li>
        <li>
          <span class="ordinal">2</span>
          <div class="fill">
            <b>Find out how it came here</b>
            <p class="soft">
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
          <span class="ordinal">3</span>
          <div class="fill">
            <b>{advice.title}</b>
            <p class="soft">{advice.because}</p>
            {advice.code && (
              <div class="command">
                <pre>{advice.code}</pre>
                <Copy text={advice.code} what="code" />
              </div>
            )}
            {convert && (
              <>
                <p class="soft">Or carry the tensors over without loading the file; what comes out is scanned before it is kept:</p>
                <Command text={convert} />
              </>
            )}
          </div>
        </li>
        <li>
          <span class="ordinal">4</span>
          <div class="fill">
            <b>Take this one away</b>
            <p class="soft">What is not here cannot be loaded by mistake.</p>
          </div>
          <button type="button" class="button small" onClick={onDelete}>
            Delete…
          </button>
        </li>
      </ol>
    </Card>
  );
}
