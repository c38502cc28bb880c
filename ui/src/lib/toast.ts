/* Short good news at the edge of the page. Never errors, never what must be read. */
import { Store } from "./store";

export interface Toast {
  id: number;
  title: string;
  detail?: string;
  action?: { label: string; to: string };
}

export const toasts = new Store<readonly Toast[]>([]);
const MOST = 3;
let lastId = 0;

export function toast(title: string, more: Omit<Toast, "id" | "title"> = {}): void {
  toasts.set([...toasts.value, { id: ++lastId, title, ...more }].slice(-MOST));
}
export const dismiss = (id: number): void => toasts.set(toasts.value.filter((one) => one.id !== id));

/* What screen readers are told politely: copies, counts, progress. */
export const announcement = new Store("");
export const announce = (text: string): void => announcement.set(announcement.value === text ? `${text}\u00a0` : text);
