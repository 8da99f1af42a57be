package org.vgg4j.cuda.driver;

import java.util.Locale;
import org.vgg4j.base.InputException;

/** There is no GPU that can be used, or no driver for it. */
public final class UnusableDeviceException extends InputException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String remedy;

  /**
   * @param reason in a clause
   * @param remedy as a command to the user
   */
  UnusableDeviceException(String reason, String remedy) {
    super("%s: %s, or use --device cpu.".formatted(sentence(reason), remedy));
    this.reason = reason;
    this.remedy = remedy;
  }

  UnusableDeviceException(String reason, String remedy, Throwable cause) {
    this(reason, remedy);
    initCause(cause);
  }

  private static String sentence(String clause) {
    return clause.startsWith("cuda:")
        ? clause
        : clause.substring(0, 1).toUpperCase(Locale.ROOT) + clause.substring(1);
  }

  /** What is missing, in a clause. */
  public String reason() {
    return reason;
  }

  /** What to do about it, as a command to the user. */
  public String remedy() {
    return remedy + ", or use --device cpu";
  }
}
