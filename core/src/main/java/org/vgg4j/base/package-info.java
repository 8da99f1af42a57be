/**
 * What every package may use: failures with a remedy for the user, counter-based random numbers,
 * and files that are written whole or not at all. Depends on no other package.
 */
@NullMarked
package org.vgg4j.base;

import org.jspecify.annotations.NullMarked;
