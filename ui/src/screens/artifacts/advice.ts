/* What to tell the author of a model that must not be loaded: which format cannot run code, and how to write it. */
import type { Item } from "../../api/types";

export interface Advice {
  /* "Convert to safetensors" */
  title: string;
  because: string;
  /* Python, for whoever has the model and trusts it. */
  code?: string;
}

const fact = (item: Item, name: string): string => item.facts.find((one) => one.name === name)?.value.toLowerCase() ?? "";

const safetensors: Advice = {
  title: "Convert to safetensors",
  because: "It holds tensors and nothing else, so loading it cannot run code. Whoever has the model writes it so, and deploys that instead:",
  code: 'safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
};
const skops: Advice = {
  title: "Convert to skops or ONNX",
  because: "Both describe an estimator as data, so loading it cannot run code. Whoever trained it writes it so, and deploys that instead:",
  code: 'skops.io.dump(model, "model.skops")',
};
const numpy: Advice = {
  title: "Convert to plain arrays",
  because: "An array of Python objects is a pickle. Arrays of numbers are not, and load without one:",
  code: 'numpy.savez("model.npz", **{name: value.astype(float) for name, value in arrays.items()})',
};
const keras: Advice = {
  title: "Save it without code",
  because: "Lambda layers and custom objects carry code. Replace them by layers of Keras itself, and save again:",
  code: 'model.save("model.keras")',
};
const template: Advice = {
  title: "Replace the chat template",
  because: "The weights are plain numbers; what speaks against the file is in its template. Take the one that the model's author publishes, or render it only in a sandbox (jinja2.sandbox).",
};
const unknown: Advice = {
  title: "Replace it by a format that cannot run code",
  because: "Such as safetensors for tensors, ONNX or skops for estimators. A model that was saved so by a trusted program scans clean.",
};

/* Assay itself carries numbers over without loading the file, where there are any. */
export function convertCommand(item: Item): string | undefined {
  const name = item.path.split("/").pop() ?? "model";
  const shown = /^[A-Za-z0-9_.-]+$/.test(name) && !name.startsWith("-") ? name : "MODEL";
  if (item.tensors.length > 0 && adviceFor(item) === safetensors) return `assay model convert ${shown} --to safetensors`;
  return undefined;
}

export function adviceFor(item: Item): Advice {
  const format = item.format ?? "";
  const framework = fact(item, "framework");
  if (format.startsWith("torch") || framework === "torch" || framework === "pytorch") return safetensors;
  if (format === "gguf") return template;
  if (format.startsWith("keras") || format === "hdf5" || format === "h5") return keras;
  if (format === "npy" || format === "npz" || framework === "numpy") return numpy;
  if (format === "joblib" || framework === "scikit-learn" || framework === "sklearn") return skops;
  if (format === "pickle") return { ...safetensors, title: "Convert to safetensors, ONNX or skops", because: "Tensors belong into safetensors, estimators into ONNX or skops: none of them can run code. Whoever has the model writes it so, and deploys that instead:" };
  return unknown;
}
