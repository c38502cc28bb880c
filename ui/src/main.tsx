import "./styles/tokens.css";
import { render } from "preact";

const root = document.getElementById("app");
if (root) render(<p>Assay</p>, root);
