import "./styles/index.css";
import { render } from "preact";
import { App } from "./app";
import { interceptClicks } from "./lib/router";

interceptClicks();
const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
