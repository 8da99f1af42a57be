package org.vgg4j.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An option or parameter that names what a command writes; {@link Outputs} checks it before the
 * command begins. Every other path is one that is read.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Writes {
  /** What is written. */
  enum Kind {
    /** A file. */
    FILE,
    /** A file or device that lines are appended to; {@code -} is standard output. */
    LOG,
    /** Files in a folder. */
    FOLDER,
    /** Images in a folder, which must not be mixed with those of a data set. */
    IMAGES
  }

  /** What is written. */
  Kind value() default Kind.FILE;
}
