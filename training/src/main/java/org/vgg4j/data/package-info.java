/**
 * What a data set is: images, labelled or not, in parts to learn from, to validate and to test;
 * what is held out, and how many unreadable images are tolerated. The packages below read data sets
 * from disk, make batches of them and describe them to users.
 */
@NullMarked
package org.vgg4j.data;

import org.jspecify.annotations.NullMarked;
