package org.vgg4j.cuda.driver;

import java.util.concurrent.atomic.AtomicBoolean;

/** Something of a context's that the driver holds for us until it is closed. */
abstract class Owned implements AutoCloseable {
  private final Context context;
  private final AtomicBoolean closed = new AtomicBoolean();

  Owned(Context context) {
    this.context = context;
    context.own(this);
  }

  /** The context that it belongs to. */
  public final Context context() {
    return context;
  }

  /** Makes the context current, and refuses what is closed. */
  final void use() {
    if (closed.get()) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed");
    }
    context.makeCurrent();
  }

  /**
   * Gives it back to the driver; a second call does nothing. What the driver says is not reported:
   * after a kernel's failure it refuses every call, and the failure has been thrown.
   */
  @Override
  public final void close() {
    if (closed.compareAndSet(false, true)) {
      context.makeCurrentUnchecked();
      context.waiting().lock(); // some of them wait for all work
      try {
        release();
      } finally {
        context.waiting().unlock();
      }
      context.disown(this);
    }
  }

  /** Gives it back to the driver. The context is current. */
  abstract void release();
}
