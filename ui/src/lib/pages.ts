/* Lists that the server gives in pages: what was asked for so far is asked again as a whole, so that a refresh leaves no holes. */
import { useRef, useState } from "preact/hooks";
import type { Page } from "../api/types";
import { type Data, type DataOptions, useData } from "./data";

type Cursor = string | number;
type Load<Row> = (after?: Cursor) => Promise<Page<Row>>;

/* `count` pages, or fewer when the list ends before; `next` is where the one after them begins. */
export async function loadPages<Row>(load: Load<Row>, count: number): Promise<Page<Row>> {
  const rows: Row[] = [];
  let next: Cursor | null = null;
  for (let at = 0; at < count; at++) {
    const page: Page<Row> = await load(next ?? undefined);
    rows.push(...page.rows);
    next = page.next;
    if (next === null) break;
  }
  return { rows, next };
}

export interface Pages<Row> extends Data<Page<Row>> {
  more: () => void;
  busy: boolean;
}

export function usePages<Row>(key: string, load: Load<Row>, options: DataOptions<Page<Row>> = {}): Pages<Row> {
  const [asked, setAsked] = useState({ key, count: 1 });
  const wanted = asked.key === key ? asked.count : 1;
  const data = useData(`pages:${key}:${wanted}`, () => loadPages(load, wanted), options);
  /* While the next page is under way the ones before it stay. */
  const last = useRef<{ key: string; value: Page<Row> } | undefined>(undefined);
  if (data.value) last.current = { key, value: data.value };
  const value = last.current?.key === key ? last.current.value : undefined;
  return { ...data, value, busy: !data.value && !data.error, more: () => setAsked({ key, count: wanted + 1 }) };
}
