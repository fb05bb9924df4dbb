/** The ways back: to the session that was left to look at another model, and to the one that was left last. */
import { forget, left, type Left, parked, restore } from "../state/store";
import { Button } from "./parts";
import { text } from "./text";

function Back({ to }: { to: Left }) {
  return (
    <div class="panels-row panels-note">
      <Button small onClick={() => restore(to)}><span aria-hidden="true">↩ </span>{text("back-to", { name: to.session.about.model.name })}</Button>
      <Button small kind="plain" onClick={() => forget(to)}>{text("forget")}</Button>
    </div>
  );
}

export function Parked() {
  return (
    <>
      {parked.value !== null && <Back to={parked.value} />}
      {left.value !== null && <Back to={left.value} />}
    </>
  );
}
