/* The server's state, asked for by the frame and shared with the pages that show it. */
import { api } from "../api/client";
import type { Status } from "../api/types";
import { type Data, useData } from "../lib/data";

const BUSY_MS = 1500;
const CALM_MS = 15_000;

export function useStatus(): Data<Status> {
  return useData("status", api.status, { again: (status) => (status && status.scans.queued + status.scans.running > 0 ? BUSY_MS : CALM_MS) });
}
