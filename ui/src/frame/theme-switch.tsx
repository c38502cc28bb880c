import { useStore } from "../lib/store";
import { setTheme, type Theme, theme } from "../lib/theme";
import { Icon, type IconName } from "../parts/icon";

const choices: { value: Theme; label: string; icon: IconName }[] = [
  { value: "light", label: "Light", icon: "sun" },
  { value: "dark", label: "Dark", icon: "moon" },
  { value: "system", label: "System", icon: "system" },
];

export function ThemeSwitch() {
  const chosen = useStore(theme);
  return (
    <div class="switch" role="group" aria-label="Theme">
      {choices.map((choice) => (
        <button key={choice.value} type="button" aria-pressed={chosen === choice.value} onClick={() => setTheme(choice.value)}>
          <Icon name={choice.icon} size="s" />
          {choice.label}
        </button>
      ))}
    </div>
  );
}
