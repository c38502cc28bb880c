/* Runs before the first paint, alone and blocking: the chosen theme must not flash. Everything else about themes is in theme.ts. */
const stored = localStorage.getItem("assay.theme");
if (stored === "light" || stored === "dark") document.documentElement.dataset["theme"] = stored;

export {};
