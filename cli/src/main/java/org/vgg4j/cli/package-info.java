/**
 * The command {@code vgg}: one class per command, thin. Exit codes: 0 ok, 1 failed, 2 wrong usage,
 * 130 interrupted. Results go to stdout, with {@code --json} as JSON; progress and log to stderr.
 */
@NullMarked
package org.vgg4j.cli;

import org.jspecify.annotations.NullMarked;
