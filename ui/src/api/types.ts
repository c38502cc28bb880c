/* The shapes of docs/ui-api.md, word for word. */
export type Severity = "critical" | "high" | "medium" | "low" | "info";
export type Verdict = "clean" | "suspicious" | "unsafe" | "unparseable" | "not_a_model";

export interface Session {
  user: string;
  admin: boolean;
}

export interface Scan {
  state: "none" | "queued" | "running" | "done" | "failed";
  verdict: Verdict | null;
  place?: number;
  finished_ms?: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
  info: number;
}

export interface Status {
  version: string;
  started_ms: number;
  advisories: { count: number; ranges: number; newest: string | null; imported_at: string | null; starter: boolean };
  scans: { queued: number; running: number };
  totals: { repositories: number; artifacts: number; blobs: number; bytes: number };
  counts: { threats: number; violations: number };
}

export interface TreeNode {
  name: string;
  path: string;
  kind: "repository" | "folder" | "file";
  package_type?: string;
  size_bytes?: number;
  modified_ms?: number;
  scan?: Scan | null;
}

export interface Property {
  name: string;
  value: string;
}

export interface Component {
  eco: string;
  name: string;
  version: string;
  path: string;
  /* Of an image: the position of its layer, from 0. */
  layer?: number;
}

export interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: number;
}

/* Within an archive or image. */
export interface Model {
  path: string;
  format: string;
  verdict: Verdict;
  layer?: number;
}

export interface Finding {
  code: string;
  kind: "model_threat" | "vulnerability" | "license" | "secret" | "misconfiguration" | "scan_incomplete";
  severity: Severity;
  title: string;
  where?: { member?: string; layer?: number; offset?: number; line?: number } | null;
  call?: string;
  component?: string;
  version?: string;
  advisory?: string;
  aliases?: string[];
  cvss?: number | null;
  fixed?: string | null;
  advice?: string;
}

export interface Violation {
  id: number;
  watch: string;
  policy: string;
  rule: string;
  severity: Severity;
  blocks: boolean;
  repo: string;
  path: string;
  summary: string;
  advisory?: string | null;
  component?: string | null;
  version?: string | null;
  fixed?: string | null;
  created_ms: number;
}

export interface Layer {
  digest: string;
  size_bytes: number;
  command: string | null;
}

export interface ImageInfo {
  reference: string;
  digest: string;
  platform: string | null;
  layers: Layer[];
}

export interface Item {
  repo: string;
  path: string;
  kind: "repository" | "folder" | "file";
  mime: string;
  size_bytes: number;
  sha256: string;
  sha1: string;
  md5: string;
  created_ms: number;
  created_by: string;
  modified_ms: number;
  modified_by: string;
  downloads: number;
  properties: Property[];
  scan: Scan | null;
  format: string | null;
  facts: { name: string; value: string }[];
  call_lines: string[];
  models: Model[];
  tensors: Tensor[];
  tensor_count: number | null;
  parameter_count: number | null;
  tensor_bytes: number | null;
  findings_dropped: number | null;
  components: Component[];
  findings: Finding[];
  image?: ImageInfo | null;
  blocked: { message: string; violation: number | null } | null;
  violations: Violation[];
}

export interface VulnerabilityRow {
  severity: Severity;
  advisory: string;
  aliases: string[];
  summary: string;
  component: string;
  version: string;
  eco: string;
  fixed: string | null;
  cvss: number | null;
  repo: string;
  path: string;
  sha256: string;
  violation: number | null;
  blocks: boolean;
}

export interface Vulnerabilities {
  rows: VulnerabilityRow[];
  next: string | null;
  totals: Record<Severity, number>;
  judged: { artifacts: number; components: number; advisories: number; newest: string | null; starter: boolean };
}

export interface ThreatRow {
  repo: string;
  path: string;
  sha256: string;
  verdict: Verdict;
  format: string;
  title: string;
  modified_ms: number;
}

export interface ModelRow {
  repo: string;
  path: string;
  sha256: string;
  verdict: Verdict;
  format: string;
  class: string | null;
  framework: string | null;
  framework_version: string | null;
  license: string | null;
  parameters: string | null;
  size_bytes: number;
  modified_ms: number;
}

export interface ViolationPage {
  violation: Violation;
  item: { repo: string; path: string; sha256: string };
  unblock: string[];
}

export interface Page<Row> {
  rows: Row[];
  next: string | number | null;
}

/* The public policy API (docs/policies.md): the members that the pages read and write. */
export interface PolicyRule {
  name: string;
  priority: number;
  criteria: { min_severity?: string; fix_version_dependant?: boolean; model_threat?: string; malicious_package?: boolean };
  actions?: { block_download?: { active: boolean; unscanned: boolean }; fail_build?: boolean };
}

export interface Policy {
  name: string;
  type: string;
  description?: string;
  author?: string;
  created?: string;
  modified?: string;
  rules: PolicyRule[];
}

export interface WatchResource {
  type: string;
  name?: string;
  repo_type?: string;
  bin_mgr_id?: string;
}

export interface Watch {
  general_data: { name: string; description?: string; active: boolean };
  project_resources: { resources: WatchResource[] };
  assigned_policies: { name: string; type: string }[];
}
