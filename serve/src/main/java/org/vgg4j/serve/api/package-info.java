/** What clients can ask for, and the forms of questions and answers. */
@NullMarked
package org.vgg4j.serve.api;

import org.jspecify.annotations.NullMarked;
