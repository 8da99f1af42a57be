/**
 * HTTP without knowledge of networks: requests that are whole before anybody acts on them, answers,
 * failures with a sentence, and the limits that keep slow, large and hostile clients harmless.
 */
@NullMarked
package org.vgg4j.serve.http;

import org.jspecify.annotations.NullMarked;
