/*
 * The typed client: every address that the pages use, once.
 */
import { encodePath, json, query, request } from "./http";
import type { Item, ModelRow, Page, Policy, Property, Session, Severity, Status, ThreatRow, TreeNode, Violation, ViolationPage, Vulnerabilities, Watch } from "./types";

export interface VulnerabilityQuery {
  repo?: string | undefined;
  sev?: readonly Severity[] | undefined;
  fix?: boolean | undefined;
  q?: string | undefined;
  after?: string | null | undefined;
}

export interface NewRepository {
  key: string;
  packageType: "generic" | "docker";
  description: string;
}

export const artifactUrl = (repo: string, path: string): string => `/artifactory/${encodePath(repo)}/${encodePath(path)}`;
const storageUrl = (repo: string, path: string): string => `/artifactory/api/storage/${encodePath(repo)}/${encodePath(path)}`;

/* Separators inside a value are data, so they are escaped as the storage API wants it. */
const escapeProperty = (text: string): string => encodeURIComponent(text.replace(/[\\,;|=]/g, (sign) => `\\${sign}`));

export const api = {
  session: (): Promise<Session> => json("/ui/api/session", { anonymous: true }),
  signIn: (user: string, password: string): Promise<Session> => json("/ui/api/session", { method: "POST", body: { user, password }, anonymous: true }),
  signOut: (): Promise<Response> => request("/ui/api/session", { method: "DELETE", anonymous: true }),
  changePassword: (old: string, fresh: string): Promise<Response> => request("/ui/api/password", { method: "POST", body: { old, new: fresh } }),
  makeToken: (days: number): Promise<{ token: string }> => json("/ui/api/token", { method: "POST", body: { days } }),

  status: (): Promise<Status> => json("/ui/api/status"),
  tree: (repo: string, path: string, after?: string | number): Promise<{ children: TreeNode[]; next: string | null }> => json(`/ui/api/tree${query({ repo, path, after })}`),
  item: (repo: string, path: string): Promise<Item> => json(`/ui/api/item${query({ repo, path })}`),
  scanAgain: (repo: string, path: string): Promise<Response> => request("/ui/api/scan", { method: "POST", body: { repo, path } }),
  vulnerabilities: (filter: VulnerabilityQuery): Promise<Vulnerabilities> =>
    json(`/ui/api/vulnerabilities${query({ repo: filter.repo, sev: filter.sev?.join(","), fix: filter.fix ? "yes" : "", q: filter.q, after: filter.after, limit: 200 })}`),
  threats: (after?: string | number): Promise<Page<ThreatRow>> => json(`/ui/api/threats${query({ after })}`),
  models: (q: string, fact: string, after?: string | number): Promise<Page<ModelRow>> => json(`/ui/api/models${query({ q, fact, after })}`),
  violations: (after?: string | number): Promise<Page<Violation>> => json(`/ui/api/violations${query({ after })}`),
  violation: (id: number): Promise<ViolationPage> => json(`/ui/api/violations/${id}`),

  createRepository: (repository: NewRepository): Promise<Response> =>
    request(`/artifactory/api/repositories/${encodePath(repository.key)}`, {
      method: "PUT",
      body: { rclass: "local", packageType: repository.packageType, description: repository.description },
    }),
  deleteItem: (repo: string, path: string): Promise<Response> => request(artifactUrl(repo, path), { method: "DELETE" }),
  setProperty: (repo: string, path: string, property: Property): Promise<Response> =>
    request(`${storageUrl(repo, path)}?properties=${escapeProperty(property.name)}=${escapeProperty(property.value)}&recursive=0`, { method: "PUT" }),
  deleteProperty: (repo: string, path: string, name: string): Promise<Response> =>
    request(`${storageUrl(repo, path)}?properties=${escapeProperty(name)}&recursive=0`, { method: "DELETE" }),

  policies: (): Promise<Policy[]> => json("/xray/api/v2/policies"),
  createPolicy: (policy: Policy): Promise<Response> => request("/xray/api/v2/policies", { method: "POST", body: policy }),
  deletePolicy: (name: string): Promise<Response> => request(`/xray/api/v2/policies/${encodePath(name)}`, { method: "DELETE" }),
  watches: (): Promise<Watch[]> => json("/xray/api/v2/watches"),
  createWatch: (watch: Watch): Promise<Response> => request("/xray/api/v2/watches", { method: "POST", body: watch }),
  deleteWatch: (name: string): Promise<Response> => request(`/xray/api/v2/watches/${encodePath(name)}`, { method: "DELETE" }),
};
