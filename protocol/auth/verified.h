// SPDX-License-Identifier: Apache-2.0
// Verified: a message whose shape, sender, tag or signature and every embedded signature were
// checked. Only auth makes one; cores accept nothing else. What it does not say: whether the
// message is relevant, or whether embedded messages together prove what they claim
// (auth/certificates.h).
#pragma once

#include <memory>

#include "protocol/message/message.h"

namespace zz::auth {

class Verified {
  public:
    const PrincipalId& sender() const { return content_->sender; }
    const message::Message& message() const { return content_->message; }
    // The frame as sent: of a signed kind it can be embedded or forwarded to third parties.
    const Blob& frame() const { return content_->frame; }

    // Precondition: message() holds a T of a signed kind.
    template <class T> message::Embedded<T> embedded() const {
        return {content_->frame, std::get<T>(content_->message), content_->sender};
    }

  private:
    friend class Opener;
    friend class Sealer;
    struct Content {
        PrincipalId sender;
        message::Message message;
        Blob frame;
    };
    explicit Verified(Content content)
        : content_(std::make_shared<const Content>(std::move(content))) {}
    std::shared_ptr<const Content> content_;
};

} // namespace zz::auth
