/* Numbers, sizes and times as people read them. */
import type { Severity } from "../api/types";

const number = new Intl.NumberFormat("en-GB");
export const count = (value: number): string => number.format(value);
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
/* "124.4M": of millions nobody counts the ones. */
export const large = (value: number): string => compact.format(value);

export function size(bytes: number): string {
  if (bytes < 1000) return plural(bytes, "byte");
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} ${units[unit]}`;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/* "12 min", "today 08:37", then a date. */
export function when(ms: number, now = Date.now()): string {
  const then = new Date(ms);
  const today = new Date(now);
  if (Math.abs(now - ms) < MINUTE) return "just now";
  if (now > ms && now - ms < 60 * MINUTE) return `${Math.floor((now - ms) / MINUTE)} min ago`;
  if (then.toDateString() === today.toDateString()) return `today ${clock.format(then)}`;
  if (then.toDateString() === new Date(now - DAY).toDateString()) return `yesterday ${clock.format(then)}`;
  return (then.getFullYear() === today.getFullYear() ? dayMonth : dayMonthYear).format(then);
}
export const exactTime = (ms: number): string => exact.format(new Date(ms));
export const day = (ms: number): string => dayMonthYear.format(new Date(ms));

/* How old, coarsely: "2 hours", "9 days". */
export function age(ms: number, now = Date.now()): string {
  const minutes = Math.max(0, Math.floor((now - ms) / MINUTE));
  if (minutes < 60) return plural(minutes, "minute");
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), "hour");
  return plural(Math.floor(minutes / 1440), "day");
}

/* The same of a date as text; nothing when it is none. */
export function ageOf(text: string | null, now = Date.now()): string {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? "" : age(ms, now);
}

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
export const severityWord: Record<Severity, string> = { critical: "Critical", high: "High", medium: "Medium", low: "Low", info: "Info" };

export function worst(counts: Record<Severity, number>): Severity | null {
  return SEVERITIES.find((severity) => counts[severity] > 0) ?? null;
}

const ecosystems: Record<string, string> = { pypi: "PyPI", npm: "npm", deb: "Debian", debian: "Debian", maven: "Maven", go: "Go", cargo: "Cargo" };
export const ecosystem = (eco: string): string => ecosystems[eco.toLowerCase()] ?? eco;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/* The server's messages are sentences without their capital and full stop. */
export const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? capital(text.trim()) : `${capital(text.trim())}.`);

/* For sentences that begin with a name: "joblib 1.0.1 has …" keeps its small letter. */
export const ended = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

/* "sha256:5b1e0c7d…a94f": the middle is lost, never the tail. */
export const shortDigest = (digest: string): string => (digest.length > 24 ? `${digest.slice(0, 15)}…${digest.slice(-8)}` : digest);

/* Controls and direction marks in a hostile name are shown, not obeyed. */
export function visible(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (sign) => {
    const code = sign.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : `⟨${code.toString(16)}⟩`;
  });
}
