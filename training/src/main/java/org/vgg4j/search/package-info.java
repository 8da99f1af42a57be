/**
 * Search by image: an index of descriptors of a folder's images in one mapped file, exact search in
 * it, groups of near-duplicates, and a page of results.
 */
@NullMarked
package org.vgg4j.search;

import org.jspecify.annotations.NullMarked;
