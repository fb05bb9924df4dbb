import { Component, type ComponentChildren } from "preact";
import { reason } from "../api/reason";
import { effect } from "@preact/signals";
import { moment, session } from "../state/store";
import { text } from "./text";

interface Props {
  children: ComponentChildren;
  /** Whether nothing is shown in place of what failed, since other parts say it. */
  quiet?: boolean;
}

/** A part of the page that may fail alone: it says so, and is drawn again at the next step or when asked. */
export class Boundary extends Component<Props, { why: string | null }> {
  override state = { why: null };
  private stop: (() => void) | null = null;

  static override getDerivedStateFromError(error: unknown): { why: string } {
    return { why: reason(error) };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override componentDidMount(): void {
    let first = true;
    this.stop = effect(() => {
      void [moment.value, session.value];
      if (!first && this.state.why !== null) this.setState({ why: null });
      first = false;
    });
  }

  override componentWillUnmount(): void {
    this.stop?.();
  }

  render() {
    const { why } = this.state;
    if (why === null) return this.props.children;
    if (this.props.quiet === true) return null;
    return (
      <div class="shell-broke" role="alert">
        <p>{text("roomBroke", { why })}</p>
        <p class="soft">{text("roomHelp")}</p>
        <p class="shell-broke-ways">
          <button type="button" class="button" onClick={() => this.setState({ why: null })}>{text("roomRetry")}</button>
          <button type="button" class="button" onClick={() => (moment.value = 0)}>{text("roomStart")}</button>
        </p>
      </div>
    );
  }
}
