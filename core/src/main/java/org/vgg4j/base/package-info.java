/**
 * What every room may use: the failure that a user can mend, counter-based randomness, and files
 * that are written whole or not at all. Calls nothing.
 */
@NullMarked
package org.vgg4j.base;

import org.jspecify.annotations.NullMarked;
