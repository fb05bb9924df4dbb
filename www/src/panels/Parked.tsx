/** The way back to the run that was left to look at another model. */
import { attempt } from "../state/store";
import { Button } from "./parts";
import { parked, unpark } from "./sessions";
import { text } from "./text";

export function Parked() {
  const back = parked.value;
  if (back === null) return null;
  return (
    <div class="panels-row panels-note">
      <Button small onClick={() => attempt(unpark)}><span aria-hidden="true">↩ </span>{text("back-to", { name: back.name })}</Button>
      <Button small kind="plain" onClick={() => (parked.value = null)}>{text("forget")}</Button>
    </div>
  );
}
