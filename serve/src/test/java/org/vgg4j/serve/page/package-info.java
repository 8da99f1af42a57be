/** Tests of the service's page, in a browser. */
@NullMarked
package org.vgg4j.serve.page;

import org.jspecify.annotations.NullMarked;
