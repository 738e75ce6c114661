import { Component, type ReactNode } from 'react';

interface Props {
  /** Shown in place of what failed. */
  instead: ReactNode;
  children: ReactNode;
}

/** Keeps the failure of something that only adds to a page from taking the page away. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}
