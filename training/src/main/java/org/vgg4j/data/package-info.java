/**
 * What a data set is: images, labelled or not, in parts to learn from, to validate and to test;
 * what is held out, and how many unreadable images are borne. How data sets lie on disks, how
 * batches are made of them and what is said of them is in the packages below.
 */
@NullMarked
package org.vgg4j.data;

import org.jspecify.annotations.NullMarked;
